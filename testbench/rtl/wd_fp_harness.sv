// SPDX-License-Identifier: Apache-2.0
// The stages of wd_post_lane one by one, for fp_test.cpp. FP16 values are handed on as the stages do before a rounding, here
// with nothing to round.
module wd_fp_harness (
  input  logic [47:0] acc_i,
  input  logic [5:0]  acc_shift_i,
  input  logic [15:0] a_i,
  input  logic [15:0] b_i,
  input  logic [15:0] c_i,
  input  logic [7:0]  residual_i,
  input  logic [5:0]  residual_shift_i,
  input  logic [7:0]  code_i,
  output logic [15:0] scaled_o,
  output logic [15:0] value_o,   // of code
  output logic [15:0] fma_o,
  output logic [15:0] added_o,   // c + residual
  output logic [8:0]  fp8_o      // of a: {saturated, code}
);
  logic        t_negative;
  logic [19:0] t;
  wd_post_scale #(.AccBits(48)) u_scale (.acc_i, .shift_i(acc_shift_i), .negative_o(t_negative), .unrounded_o(t));
  assign scaled_o[15] = t_negative;
  wd_fp_round u_round_scaled (.unrounded_i(t), .magnitude_o(scaled_o[14:0]));

  logic [19:0] value;
  wd_fp_from_fp8 u_from_fp8 (.code_i, .negative_o(value_o[15]), .unrounded_o(value));
  wd_fp_round u_round_value (.unrounded_i(value), .magnitude_o(value_o[14:0]));

  logic [4:0]  a_scale, c_scale;
  logic [10:0] a_significand, c_significand;
  logic        a_nan, c_infinite, c_nan;
  wd_fp_unpack u_a (
    .magnitude_i(a_i[14:0]), .scale_o(a_scale), .significand_o(a_significand), .infinite_o(), .nan_o(a_nan)
  );
  wd_fp_unpack u_c (
    .magnitude_i(c_i[14:0]), .scale_o(c_scale), .significand_o(c_significand), .infinite_o(c_infinite), .nan_o(c_nan)
  );

  logic        product_negative, addend_negative, infinite, nan, y_negative;
  logic [5:0]  base;
  logic [21:0] product;
  logic [41:0] addend;
  logic [29:0] y;
  logic [19:0] fma;
  logic [14:0] fma_rounded;
  wd_post_multiply u_multiply (
    .negative_i(a_i[15]), .t_i({2'd0, a_scale, a_significand, 2'd0}), .gamma_i(b_i), .beta_i(c_i), .product_negative_o(product_negative),
    .addend_negative_o(addend_negative), .infinite_o(infinite), .nan_o(nan), .base_o(base),
    .product_o(product), .addend_o(addend)
  );
  wd_post_add u_add (
    .product_negative_i(product_negative), .addend_negative_i(addend_negative), .infinite_i(infinite),
    .base_i(base), .product_i(product), .addend_i(addend), .negative_o(y_negative), .half_o(y)
  );
  wd_fp_normalize_bits u_normalize_fma (.half_i(y), .unrounded_o(fma));
  wd_fp_round u_round_fma (.unrounded_i(fma), .magnitude_o(fma_rounded));
  assign fma_o = nan || a_nan ? 16'h7e00 : {y_negative, infinite ? 15'h7c00 : fma_rounded};

  logic        mine_negative, other_negative, sum_infinite, z_negative;
  logic [40:0] mine;
  logic [41:0] other;
  logic [wd_fp_pkg::SumBits-1:0] magnitude;
  wd_post_residual u_residual (
    .negative_i(c_i[15]), .infinite_i(c_infinite),
    .half_i({2'd0, c_scale, 3'd0, c_significand, 9'd0}), .residual_on_i(1'b1), .residual_i,
    .shift_i(residual_shift_i), .mine_negative_o(mine_negative), .other_negative_o(other_negative),
    .infinite_o(sum_infinite), .mine_o(mine), .other_o(other)
  );
  wd_post_sum u_sum (
    .mine_negative_i(mine_negative), .other_negative_i(other_negative), .infinite_i(sum_infinite), .residual_on_i(1'b1),
    .mine_i(mine), .other_i(other), .negative_o(z_negative), .magnitude_o(magnitude)
  );
  logic [29:0] half;
  logic [19:0] added;
  logic [14:0] added_rounded;
  wd_fp_normalize_bytes u_normalize_bytes (.x_i({magnitude, 5'd0}), .limit_i(7'd32), .half_o(half));
  wd_fp_normalize_bits u_normalize_bits (.half_i(half), .unrounded_o(added));
  wd_fp_round u_round_added (.unrounded_i(added), .magnitude_o(added_rounded));
  assign added_o = c_nan ? c_i : {z_negative, sum_infinite ? 15'h7c00 : added_rounded};

  wd_fp_to_fp8 u_to_fp8 (.z_i(a_i), .saturated_o(fp8_o[8]), .code_o(fp8_o[7:0]));
endmodule
