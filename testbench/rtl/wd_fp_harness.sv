// SPDX-License-Identifier: Apache-2.0
// The stages of wd_post_lane one by one, for fp_test.cpp.
module wd_fp_harness (
  input  logic [47:0] acc_i,
  input  logic [5:0]  acc_shift_i,
  input  logic [15:0] a_i,
  input  logic [15:0] b_i,
  input  logic [15:0] c_i,
  input  logic [7:0]  residual_i,
  input  logic [5:0]  residual_shift_i,
  output logic [15:0] scaled_o,
  output logic [15:0] fma_o,
  output logic [15:0] added_o,   // c + residual
  output logic [8:0]  fp8_o      // of a: {saturated, code}
);
  logic        t_negative;
  logic [19:0] t;
  wd_post_scale #(.AccBits(48)) u_scale (.acc_i, .shift_i(acc_shift_i), .negative_o(t_negative), .unrounded_o(t));
  assign scaled_o = {t_negative, wd_fp_pkg::rounded(t)};

  // An FP16 value as the stages hand it on before its rounding, here with nothing to round.
  function automatic logic [19:0] exact(input logic [15:0] x);
    exact = {2'd0, wd_fp_pkg::scale(x), wd_fp_pkg::significand(x), 2'd0};
  endfunction

  logic        product_negative, addend_negative, infinite, nan, y_negative;
  logic [5:0]  base;
  logic [21:0] product;
  logic [41:0] addend;
  logic [29:0] y;
  wd_post_multiply u_multiply (
    .negative_i(a_i[15]), .t_i(exact(a_i)), .gamma_i(b_i), .beta_i(c_i), .product_negative_o(product_negative),
    .addend_negative_o(addend_negative), .infinite_o(infinite), .nan_o(nan), .base_o(base),
    .product_o(product), .addend_o(addend)
  );
  wd_post_add u_add (
    .product_negative_i(product_negative), .addend_negative_i(addend_negative), .infinite_i(infinite),
    .base_i(base), .product_i(product), .addend_i(addend), .negative_o(y_negative), .half_o(y)
  );
  assign fma_o = nan || wd_fp_pkg::is_nan(a_i) ? 16'h7e00
               : {y_negative, infinite ? 15'h7c00 : wd_fp_pkg::rounded(wd_fp_pkg::normalize_bits(y))};

  logic        mine_negative, other_negative, sum_infinite, z_negative;
  logic [40:0] mine;
  logic [41:0] other;
  logic [wd_fp_pkg::SumBits-1:0] magnitude;
  wd_post_residual u_residual (
    .negative_i(c_i[15]), .infinite_i(c_i[14:0] == 15'h7c00),
    .half_i({2'd0, wd_fp_pkg::scale(c_i), 3'd0, wd_fp_pkg::significand(c_i), 9'd0}), .residual_on_i(1'b1), .residual_i,
    .shift_i(residual_shift_i), .mine_negative_o(mine_negative), .other_negative_o(other_negative),
    .infinite_o(sum_infinite), .mine_o(mine), .other_o(other)
  );
  wd_post_sum u_sum (
    .mine_negative_i(mine_negative), .other_negative_i(other_negative), .infinite_i(sum_infinite), .residual_on_i(1'b1),
    .mine_i(mine), .other_i(other), .negative_o(z_negative), .magnitude_o(magnitude)
  );
  assign added_o = wd_fp_pkg::is_nan(c_i) ? c_i : {z_negative, sum_infinite ? 15'h7c00
                 : wd_fp_pkg::rounded(wd_fp_pkg::normalize_bits(wd_fp_pkg::normalize_bytes({magnitude, 5'd0}, 7'd32)))};
  assign fp8_o   = wd_fp_pkg::fp16_to_fp8(a_i);
endmodule
