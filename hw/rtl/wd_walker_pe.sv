// SPDX-License-Identifier: Apache-2.0
// Processing element: selects the picked activation, and if it is not zero shifts it and adds it.
//
// Shape     acts_i: bit b of {entry, position} at b * Entries * Chunk + entry * Chunk + position;
//           pick: one-hot of {entry, position}, weight magnitude in the row's planes; high: plane 2, its only plane.
// Timing    a pick that is valid in cycle t is selected in t, shifted in t + 1 and in the addend from t + 2 on.
//           null_i: without a pick, the operand register becomes zero, which flush_i adds from the next cycle on.
// Numerics  operand = +-(significand * weight << (max(exponent, 1) - 1)), units of 2^-9; the weight of plane 2 is 4.
// Test      testbench/rtl/walker_pe_test.cpp
module wd_walker_pe #(
  parameter  int unsigned Chunk        = wd_arch_pkg::Chunk,
  parameter  int unsigned Entries      = wd_arch_pkg::Entries,
  parameter  int unsigned PlanesPerRow = wd_arch_pkg::PlanesPerRow,
  parameter  int unsigned AccBits      = wd_arch_pkg::AccBits,
  parameter  int unsigned SumSegment   = wd_arch_pkg::SumSegment,
  parameter  int unsigned LatchOperand = wd_arch_pkg::LatchOperand,
  localparam int unsigned Places       = Entries * Chunk,
  localparam int unsigned WeightBits   = PlanesPerRow == 3 ? 3 : 2
) (
  input  logic                  clk_i,          // the group's
  input  logic                  gate_operand_i,
  input  logic                  gate_sum_i,
  input  logic                  gate_segment_i,
  input  logic                  clear_i,
  input  logic                  null_i,         // an operand of zero: before the flush
  input  logic                  flush_i,
  input  logic                  takes_i,        // the group works in this tile: picks become operands
  input  logic                  skip_zero_i,
  input  logic [8*Places-1:0]   acts_i,
  input  logic [Places-1:0]     pick_onehot_i,
  input  logic                  pick_valid_i,
  input  logic                  pick_negative_i,
  input  logic [WeightBits-1:0] pick_weight_i,
  input  logic                  pick_high_i,
  output logic                  op_o,           // an operand is added
  output logic [AccBits-1:0]    sum_o
);
  // Select.
  logic [7:0] act;
  logic       op;
  always_comb begin
    act = '0;
`ifndef SYNTHESIS
    if (pick_valid_i)  // spares the simulator the selection; gates would only toggle
`endif
      for (int unsigned b = 0; b < 8; b++) act[b] = |(acts_i[b*Places+:Places] & pick_onehot_i);
  end
  assign op = pick_valid_i && takes_i && (!skip_zero_i || act[6:0] != 7'd0);

  // Operand register, clocked by operands alone; each one turns turn_q, by which the sum knows of it.
  logic on, go, clk, turn_q, negative_q, high_q;
  logic [6:0]            act_q;
  logic [WeightBits-1:0] weight_q;
  assign on = !gate_operand_i || !gate_sum_i || null_i || op;
`ifdef SYNTHESIS
  wd_icg u_icg (.clk_i, .en_i(on), .clk_o(clk));
  assign go = 1'b1;
`else
  assign clk = clk_i;
  assign go  = on;
`endif
  always_ff @(posedge clk) begin
    if (go) begin
      turn_q     <= turn_q ^ op;
      act_q      <= act[6:0];
      negative_q <= act[7] ^ pick_negative_i;
      weight_q   <= pick_weight_i;
      high_q     <= pick_high_i;
    end
  end

  // Shift: the significand times 1, 2 or 3 or 4 (a whole weight: 1 to 7), in the exponent's place.
  localparam int unsigned ProductBits = PlanesPerRow == 3 ? 7 : 6;
  localparam int unsigned AddendBits  = PlanesPerRow == 3 ? 21 : 20;
  logic [3:0]             significand, shift;
  logic [ProductBits-1:0] product;
  logic [AddendBits-1:0]  magnitude;
  logic                   low;
  // Of single planes at most one of the three is there: no carry, so that no adder is left of this.
  logic [3:0] once, twice, four_times;
  always_comb begin
    significand = '0;
    product     = '0;
    shift       = '0;
    once        = '0;
    twice       = '0;
    four_times  = '0;
`ifndef SYNTHESIS
    if (op_o)  // as above; without an operand the register holds zero or is not used
`endif
    begin
      significand = {act_q[6:3] != 4'd0, act_q[2:0]};
      shift       = act_q[6:3] == 4'd0 ? 4'd0 : act_q[6:3] - 4'd1;
      once        = significand & {4{weight_q[0]}};
      twice       = significand & {4{weight_q[1]}};
      four_times  = significand & {4{high_q}};
      if (PlanesPerRow == 3)
        product = ProductBits'(significand) * ProductBits'(weight_q);
      else if (PlanesPerRow == 2)
        product = (ProductBits'(once) + ProductBits'({twice, 1'b0})) | ProductBits'({four_times, 2'b00});
      else
        product = ProductBits'(once) | ProductBits'({twice, 1'b0}) | ProductBits'({four_times, 2'b00});
    end
  end
  assign magnitude = AddendBits'(product) << shift;
  assign low       = SumSegment != 0 && 32'(shift) + 1 <= SumSegment;

  wd_walker_sum #(.AccBits(AccBits), .Segment(SumSegment), .Latch(LatchOperand), .AddendBits(AddendBits)) u_sum (
    .clk_i, .gate_sum_i, .gate_segment_i, .clear_i, .flush_i, .turn_i(turn_q), .negative_i(negative_q),
    .low_i(low), .magnitude_i(magnitude), .op_o, .sum_o
  );
endmodule
