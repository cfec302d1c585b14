// SPDX-License-Identifier: Apache-2.0
// Processing element: selects the picked activation, and if it is not zero shifts it and adds it.
//
// Shape     Lanes PEs of one group: 1 in synthesis, all of the group in simulation, which works on a bit of all lanes at once.
//           Bit-major: bit b of lane l at b * Lanes + l, and so weights and sums. acts_i: bit b of {entry, position} at
//           b * Places + entry * Chunk + position; pick: one-hot of {entry, position}, weight magnitude in the row's planes; high:
//           plane 2, its only plane.
// Timing    a pick that is valid in cycle t is selected and multiplied in t, and in the operand register from t + 1 on. It is shifted and
//           added with the PE's next operand, or with null_i, which without a pick makes the register zero; what a sum then carries into its high segment arrives
//           with flush_i in the cycle after.
// Numerics  operand = +-(significand * weight << (max(exponent, 1) - 1)), units of 2^-9; the weight of plane 2 is 4.
// Test      testbench/rtl/walker_pe_test.cpp
module wd_walker_pe #(
  parameter  int unsigned Lanes        = 1,
  parameter  int unsigned Chunk        = wd_arch_pkg::Chunk,
  parameter  int unsigned Entries      = wd_arch_pkg::Entries,
  parameter  int unsigned PlanesPerRow = wd_arch_pkg::PlanesPerRow,
  parameter  int unsigned AccBits      = wd_arch_pkg::AccBits,
  parameter  int unsigned SumSegment   = wd_arch_pkg::SumSegment,
  parameter  int unsigned LatchOperand = wd_arch_pkg::LatchOperand,
  localparam int unsigned Places       = Entries * Chunk,
  localparam int unsigned WeightBits   = PlanesPerRow == 3 ? 3 : 2
) (
  input  logic                        clk_i,          // the group's
  input  logic                        gate_operand_i,
  input  logic                        gate_sum_i,
  input  logic                        gate_segment_i,
  input  logic [Lanes-1:0]            clear_i,
  input  logic [Lanes-1:0]            null_i,         // an operand of zero: the cycle before the flush
  input  logic [Lanes-1:0]            flush_i,
  input  logic                        takes_i,        // the group works in this tile: picks become operands
  input  logic                        skip_zero_i,
  input  logic [8*Places-1:0]         acts_i,
  input  logic [Places*Lanes-1:0]     pick_onehot_i,
  input  logic [Lanes-1:0]            pick_valid_i,
  input  logic [Lanes-1:0]            pick_negative_i,
  input  logic [WeightBits*Lanes-1:0] pick_weight_i,
  input  logic [Lanes-1:0]            pick_high_i,
  output logic [Lanes-1:0]            op_o,           // an operand is selected
  output logic [AccBits*Lanes-1:0]    sum_o
);
  // Select.
  logic [8*Lanes-1:0] act;
  logic [Lanes-1:0]   act_nonzero, op;
  wd_lanes_select #(.Lanes(Lanes), .Places(Places), .Bits(8)) u_select (
    .values_i(acts_i), .onehot_i(pick_onehot_i), .value_o(act)
  );
  always_comb begin
    act_nonzero = '0;
    for (int unsigned b = 0; b < 7; b++) act_nonzero = act_nonzero | act[b*Lanes+:Lanes];
  end
  assign op = pick_valid_i & {Lanes{takes_i}} & (act_nonzero | {Lanes{!skip_zero_i}});

  // Multiply: the significand times 1, 2 or 3 or 4 (a whole weight: 1 to 7), and its place.
  localparam int unsigned ProductBits = PlanesPerRow == 3 ? 7 : 6;
  localparam int unsigned AddendBits  = PlanesPerRow == 3 ? 21 : 20;
  logic [Lanes-1:0]             normal;
  logic [4*Lanes-1:0]           significand, place;
  logic [ProductBits*Lanes-1:0] product;
  assign normal      = act[3*Lanes+:Lanes] | act[4*Lanes+:Lanes] | act[5*Lanes+:Lanes] | act[6*Lanes+:Lanes];
  assign significand = {normal, act[3*Lanes-1:0]};
  assign place       = {act[7*Lanes-1:4*Lanes], act[3*Lanes+:Lanes] | ~normal};  // 1 to 15, one more than the shift

  // Of single planes at most one of the three is there: no carry, so that no adder is left of this.
  logic [ProductBits*Lanes-1:0] once, twice, four_times, weighted;
  logic [Lanes-1:0]             two, four, no_carry;
  if (PlanesPerRow == 3) begin : g_whole
    assign four = pick_weight_i[2*Lanes+:Lanes];
  end else begin : g_planes
    assign four = pick_high_i;
  end
  assign two        = pick_weight_i[Lanes+:Lanes];
  assign once       = {{((ProductBits - 4) * Lanes){1'b0}}, significand & {4{pick_weight_i[Lanes-1:0]}}};
  assign twice      = {{((ProductBits - 5) * Lanes){1'b0}}, significand & {4{two}}, {Lanes{1'b0}}};
  assign four_times = (ProductBits * Lanes)'({significand & {4{four}}, {(2 * Lanes){1'b0}}});
  if (PlanesPerRow == 1) begin : g_single
    assign weighted = once | twice;
    assign no_carry = '0;
  end else begin : g_sum
    wd_lanes_add #(.Lanes(Lanes), .Bits(ProductBits)) u_weighted (
      .a_i(once), .b_i(twice), .carry_i('0), .sum_o(weighted), .carry_o(no_carry)
    );
  end
  logic [Lanes-1:0] no_high_carry;
  if (PlanesPerRow == 3) begin : g_product
    wd_lanes_add #(.Lanes(Lanes), .Bits(ProductBits)) u_product (
      .a_i(weighted), .b_i(four_times), .carry_i('0), .sum_o(product), .carry_o(no_high_carry)
    );
  end else begin : g_product
    assign product       = weighted | four_times;
    assign no_high_carry = '0;
  end


  // Operand and sum have one clock: an operand waits in its register until the next one comes, or null. So it needs no flop that says that it is there, and
  // nothing moves in a PE without operands.
  logic             clk;
  logic [Lanes-1:0] on, go, pending;
  assign op_o = op;
  assign on   = {Lanes{!gate_operand_i || !gate_sum_i}} | clear_i | null_i | (flush_i & pending) | op;
`ifdef SYNTHESIS
  wd_icg u_icg (.clk_i, .en_i(on), .clk_o(clk));
  assign go = 1'b1;
`else
  assign clk = clk_i;
  assign go  = on;
`endif
  localparam int unsigned OperandBits = 1 + 4 + ProductBits;
  logic [OperandBits*Lanes-1:0] operand_q;
  logic [Lanes-1:0]             negative_q;
  logic [4*Lanes-1:0]           place_q;
  logic [ProductBits*Lanes-1:0] product_q;
  assign {negative_q, place_q, product_q} = operand_q;
  always_ff @(posedge clk)
    operand_q <= ({act[7*Lanes+:Lanes] ^ pick_negative_i, place, product} & {OperandBits{go}}) | (operand_q & ~{OperandBits{go}});

  // Shift.
  logic [(AddendBits+1)*Lanes-1:0] twofold, shifted;
  logic [AddendBits*Lanes-1:0]     magnitude;
  logic [Lanes-1:0]                low, by, reaches;
  always_comb begin
    twofold = ((AddendBits + 1) * Lanes)'(product_q);
    for (int unsigned j = 0; j < 4; j++) begin
      by      = place_q[j*Lanes+:Lanes];
      shifted = twofold << ((1 << j) * Lanes);
      twofold = (shifted & {(AddendBits + 1){by}}) | (twofold & ~{(AddendBits + 1){by}});
    end
    magnitude = twofold[(AddendBits+1)*Lanes-1:Lanes];
    // The operand has low bits where its shift leaves some below the segment's end.
    low = '0;
    for (int unsigned k = 0; k < 16; k++) begin
      reaches = {Lanes{k <= SumSegment}};
      for (int unsigned j = 0; j < 4; j++) reaches = reaches & (place_q[j*Lanes+:Lanes] ^ {Lanes{(k >> j) % 2 == 0}});
      low = low | reaches;
    end
  end

  logic [AddendBits*Lanes-1:0] addend;
  logic [Lanes-1:0]            addend_negative, addend_low;
`ifdef SYNTHESIS
  if (LatchOperand != 0) begin : g_latch
    // Closed in the high phase after an operand has come, in which its shift settles: the adders see it turn once.
    always_latch begin
      if (!clk) begin
        addend          = magnitude;
        addend_negative = negative_q;
        addend_low      = low;
      end
    end
  end else begin : g_latch
`else
  begin : g_latch
`endif
    assign {addend, addend_negative, addend_low} = {magnitude, negative_q, low};
    logic unused;
    assign unused = LatchOperand != 0;
  end

  wd_walker_sum #(.Lanes(Lanes), .AccBits(AccBits), .Segment(SumSegment), .AddendBits(AddendBits)) u_sum (
    .clk_i(clk), .go_i(go), .gate_segment_i, .clear_i, .negative_i(addend_negative), .low_i(addend_low), .magnitude_i(addend),
    .pending_o(pending), .sum_o
  );
  logic unused;
  assign unused = &{1'b0, no_carry, no_high_carry, pick_high_i};
endmodule
