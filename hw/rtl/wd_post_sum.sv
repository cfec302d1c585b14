// SPDX-License-Identifier: Apache-2.0
// Post unit, stage 4: y + residual, exactly.
//
// Timing    combinational.
// Numerics  an exact zero sum is +0; without residual y keeps its sign.
module wd_post_sum (
  input  logic        mine_negative_i,
  input  logic        other_negative_i,
  input  logic        infinite_i,   // mine_negative_i is the result's sign
  input  logic        residual_on_i,
  input  logic [40:0] mine_i,
  input  logic [41:0] other_i,
  output logic        negative_o,
  output logic [wd_fp_pkg::SumBits-1:0] magnitude_o
);
  localparam int unsigned Bits = wd_fp_pkg::SumBits;
  logic          minus;
  logic [Bits:0] forward, backward;  // the top bit: below zero
  assign minus       = mine_negative_i ^ other_negative_i;
  assign forward     = {3'd0, mine_i} + ({2'd0, other_i} ^ {Bits+1{minus}}) + (Bits + 1)'(minus);
  assign backward    = {2'd0, other_i} - {3'd0, mine_i};
  assign magnitude_o = forward[Bits] ? backward[Bits-1:0] : forward[Bits-1:0];

  always_comb begin
    negative_o = mine_negative_i;
    if (!infinite_i && minus) negative_o = forward[Bits] ? other_negative_i : backward[Bits] && mine_negative_i;
    else if (!infinite_i && residual_on_i && mine_i == '0 && other_i == '0) negative_o = 1'b0;
  end
endmodule
