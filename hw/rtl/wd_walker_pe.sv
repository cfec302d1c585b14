// SPDX-License-Identifier: Apache-2.0
// Processing element: selects the picked activation, and if it is not zero shifts it and adds it.
//
// Shape     Lanes PEs of one group: 1 in synthesis, all of the group in simulation, which works on a bit of all lanes at once.
//           Bit-major: bit b of lane l at b * Lanes + l, and so weights and sums. acts_i: bit b of {entry, position} at
//           b * Places + entry * Chunk + position; pick: one-hot of {entry, position}, weight magnitude in the row's planes; high:
//           plane 2, its only plane.
// Timing    a pick that is valid in cycle t is selected in t, shifted in t + 1 and in the addend from t + 2 on.
//           null_i: without a pick, the operand register becomes zero, which flush_i adds from the next cycle on.
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
  input  logic [Lanes-1:0]            null_i,         // an operand of zero: before the flush
  input  logic [Lanes-1:0]            flush_i,
  input  logic                        takes_i,        // the group works in this tile: picks become operands
  input  logic                        skip_zero_i,
  input  logic [8*Places-1:0]         acts_i,
  input  logic [Places*Lanes-1:0]     pick_onehot_i,
  input  logic [Lanes-1:0]            pick_valid_i,
  input  logic [Lanes-1:0]            pick_negative_i,
  input  logic [WeightBits*Lanes-1:0] pick_weight_i,
  input  logic [Lanes-1:0]            pick_high_i,
  output logic [Lanes-1:0]            op_o,           // an operand is added
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

  // Operand register, clocked by operands alone; each one turns turn_q, by which the sum knows of it.
  logic             clk;
  logic [Lanes-1:0] on, go, turn_q;
  assign on = {Lanes{!gate_operand_i || !gate_sum_i}} | null_i | op;
`ifdef SYNTHESIS
  wd_icg u_icg (.clk_i, .en_i(on), .clk_o(clk));
  assign go = 1'b1;
`else
  assign clk = clk_i;
  assign go  = on;
`endif
  localparam int unsigned OperandBits = 8 + WeightBits + 1;
  logic [OperandBits*Lanes-1:0] operand_q;
  logic [7*Lanes-1:0]           act_q;
  logic [Lanes-1:0]             negative_q, high_q;
  logic [WeightBits*Lanes-1:0]  weight_q;
  assign {high_q, weight_q, negative_q, act_q} = operand_q;
  always_ff @(posedge clk) begin
    turn_q    <= turn_q ^ op;  // without an operand it stays
    operand_q <= ({pick_high_i, pick_weight_i, act[7*Lanes+:Lanes] ^ pick_negative_i, act[7*Lanes-1:0]} & {OperandBits{go}})
               | (operand_q & ~{OperandBits{go}});
  end

  // Shift: the significand times 1, 2 or 3 or 4 (a whole weight: 1 to 7), in the exponent's place.
  localparam int unsigned ProductBits = PlanesPerRow == 3 ? 7 : 6;
  localparam int unsigned AddendBits  = PlanesPerRow == 3 ? 21 : 20;
  logic [Lanes-1:0]             normal;
  logic [4*Lanes-1:0]           significand, shift;
  logic [ProductBits*Lanes-1:0] product;
  logic [AddendBits*Lanes-1:0]  magnitude, shifted;
  logic [Lanes-1:0]             low;
  assign normal      = act_q[3*Lanes+:Lanes] | act_q[4*Lanes+:Lanes] | act_q[5*Lanes+:Lanes] | act_q[6*Lanes+:Lanes];
  assign significand = {normal, act_q[3*Lanes-1:0]};
  logic [Lanes-1:0] no_borrow;
  wd_lanes_add #(.Lanes(Lanes), .Bits(4)) u_shift (  // less one: plus 15
    .a_i(act_q[7*Lanes-1:3*Lanes]), .b_i({4{normal}}), .carry_i('0), .sum_o(shift), .carry_o(no_borrow)
  );

  // Of single planes at most one of the three is there: no carry, so that no adder is left of this.
  logic [ProductBits*Lanes-1:0] once, twice, four_times, weighted;
  logic [Lanes-1:0]             two, four, no_carry;
  if (PlanesPerRow == 3) begin : g_whole
    assign four = weight_q[2*Lanes+:Lanes];
  end else begin : g_planes
    assign four = high_q;
  end
  assign two        = weight_q[Lanes+:Lanes];
  assign once       = {{((ProductBits - 4) * Lanes){1'b0}}, significand & {4{weight_q[Lanes-1:0]}}};
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

  logic [Lanes-1:0] by, reaches;
  always_comb begin
    magnitude = (AddendBits * Lanes)'(product);
    for (int unsigned j = 0; j < 4; j++) begin
      by        = shift[j*Lanes+:Lanes];
      shifted   = magnitude << ((1 << j) * Lanes);
      magnitude = (shifted & {AddendBits{by}}) | (magnitude & ~{AddendBits{by}});
    end
    // The operand has low bits where its shift leaves some below the segment's end.
    low = '0;
    for (int unsigned k = 0; k < 16; k++) begin
      reaches = {Lanes{k + 1 <= SumSegment}};
      for (int unsigned j = 0; j < 4; j++) reaches = reaches & (shift[j*Lanes+:Lanes] ^ {Lanes{(k >> j) % 2 == 0}});
      low = low | reaches;
    end
  end

  wd_walker_sum #(.Lanes(Lanes), .AccBits(AccBits), .Segment(SumSegment), .Latch(LatchOperand), .AddendBits(AddendBits)) u_sum (
    .clk_i, .gate_sum_i, .gate_segment_i, .clear_i, .flush_i, .turn_i(turn_q), .negative_i(negative_q),
    .low_i(low), .magnitude_i(magnitude), .op_o, .sum_o
  );
  logic unused;
  assign unused = &{1'b0, no_borrow, no_carry, no_high_carry, high_q};
endmodule
