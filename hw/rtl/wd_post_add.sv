// SPDX-License-Identifier: Apache-2.0
// Post unit, stage 3: t * gamma + beta, half normalized.
//
// Timing    combinational.
// Numerics  an exact zero sum is +0, except (-0) + (-0).
module wd_post_add (
  input  logic        product_negative_i,
  input  logic        addend_negative_i,
  input  logic        infinite_i,   // the product's sign is the result's
  input  logic [5:0]  base_i,
  input  logic [21:0] product_i,
  input  logic [41:0] addend_i,
  output logic        negative_o,
  output logic [29:0] half_o
);
  localparam int unsigned Bits = wd_fp_pkg::SumBits;
  logic          minus;
  logic [Bits:0] forward, backward;  // the top bit: below zero
  assign minus    = product_negative_i ^ addend_negative_i;
  assign forward  = {16'd0, product_i, 6'd0} + ({2'd0, addend_i} ^ {Bits+1{minus}}) + (Bits + 1)'(minus);
  assign backward = {2'd0, addend_i} - {16'd0, product_i, 6'd0};

  always_comb begin
    negative_o = product_negative_i;
    if (minus && !infinite_i) negative_o = forward[Bits] ? addend_negative_i : backward[Bits] && product_negative_i;
  end
  wd_fp_normalize_bytes u_normalize_bytes (
    .x_i({forward[Bits] ? backward[Bits-1:0] : forward[Bits-1:0], 5'd0}), .limit_i({1'b0, base_i} + 7'd2), .half_o
  );
endmodule
