// SPDX-License-Identifier: Apache-2.0
// One lane of the post unit: an exact sum becomes an FP8 code or an FP16 score.
//
// Shape     SumBias: what acc_i holds on top of its value. elementwise_i: input_i, an FP8 code, takes the place of the sum.
// Timing    valid_i[s]: stage s + 1 holds a step. 1 FP16 value of the sum, 2 its rounding, product and alignment, 3 sum,
//           4 its rounding, residual and sum, 5 FP16 result, 6 (combinational output) activation and FP8. gamma and beta are
//           those of stage 2, the residual that of stage 4.
// Numerics  hw/numerics/post.hpp
// Test      testbench/rtl/post_lane_test.cpp
module wd_post_lane #(
  parameter  int unsigned AccBits = wd_arch_pkg::AccBits,
  parameter  int unsigned SumBias = 0,
  localparam int unsigned Stages  = wd_arch_pkg::PostStages
) (
  input  logic               clk_i,
  input  logic [Stages-1:0]  valid_i,
  input  logic [AccBits-1:0] acc_i /* verilator public_flat_rd */,
  input  logic [5:0]         acc_shift_i,
  input  logic               elementwise_i,
  input  logic [7:0]         input_i /* verilator public_flat_rd */,
  input  logic [15:0]        gamma_i /* verilator public_flat_rd */,
  input  logic [15:0]        beta_i /* verilator public_flat_rd */,
  input  logic               residual_on_i,
  input  logic [7:0]         residual_i /* verilator public_flat_rd */,
  input  logic [5:0]         residual_shift_i,
  input  logic               relu_i,
  output logic [15:0]        score_o,
  output logic [7:0]         code_o,
  output logic               saturated_o
);
  // 64 instances share the simulator's code: ports that differ between them are public, so that they stay variables.
  /* verilator no_inline_module */
  localparam int unsigned SumBits = wd_fp_pkg::SumBits;

  logic        t_negative, t_negative_q;
  logic [19:0] t, t_q;
  wd_post_scale #(.AccBits(AccBits), .SumBias(SumBias)) u_scale (
    .acc_i, .shift_i(acc_shift_i), .negative_o(t_negative), .unrounded_o(t)
  );
  logic        input_negative;
  logic [19:0] input_value;
  wd_fp_from_fp8 u_from_fp8 (.code_i(input_i), .negative_o(input_negative), .unrounded_o(input_value));
  always_ff @(posedge clk_i) begin
    if (valid_i[0]) {t_negative_q, t_q} <= elementwise_i ? {input_negative, input_value} : {t_negative, t};
  end

  logic        product_negative, addend_negative, infinite, nan;
  logic        product_negative_q, addend_negative_q, infinite_q, nan_q;
  logic [5:0]  base, base_q;
  logic [21:0] product, product_q;
  logic [41:0] addend, addend_q;
  wd_post_multiply u_multiply (
    .negative_i(t_negative_q), .t_i(t_q), .gamma_i, .beta_i, .product_negative_o(product_negative),
    .addend_negative_o(addend_negative), .infinite_o(infinite), .nan_o(nan), .base_o(base),
    .product_o(product), .addend_o(addend)
  );
  always_ff @(posedge clk_i) begin
    if (valid_i[1]) begin
      {product_negative_q, addend_negative_q, infinite_q, nan_q} <= {product_negative, addend_negative, infinite, nan};
      {base_q, product_q, addend_q} <= {base, product, addend};
    end
  end

  logic        y_negative, y_negative_q, y_infinite_q, y_nan_q;
  logic [29:0] y, y_q;
  wd_post_add u_add (
    .product_negative_i(product_negative_q), .addend_negative_i(addend_negative_q), .infinite_i(infinite_q),
    .base_i(base_q), .product_i(product_q), .addend_i(addend_q), .negative_o(y_negative), .half_o(y)
  );
  always_ff @(posedge clk_i) begin
    if (valid_i[2]) {y_negative_q, y_infinite_q, y_nan_q, y_q} <= {y_negative, infinite_q, nan_q, y};
  end

  logic               mine_negative, other_negative, z_negative, z_negative_q, z_infinite, z_infinite_q, z_nan_q;
  logic [40:0]        mine;
  logic [41:0]        other;
  logic [SumBits-1:0] magnitude, magnitude_q;
  wd_post_residual u_residual (
    .negative_i(y_negative_q), .infinite_i(y_infinite_q), .half_i(y_q), .residual_on_i, .residual_i,
    .shift_i(residual_shift_i), .mine_negative_o(mine_negative), .other_negative_o(other_negative),
    .infinite_o(z_infinite), .mine_o(mine), .other_o(other)
  );
  wd_post_sum u_sum (
    .mine_negative_i(mine_negative), .other_negative_i(other_negative), .infinite_i(z_infinite), .residual_on_i,
    .mine_i(mine), .other_i(other), .negative_o(z_negative), .magnitude_o(magnitude)
  );
  always_ff @(posedge clk_i) begin
    if (valid_i[3]) {z_negative_q, z_infinite_q, z_nan_q, magnitude_q} <= {z_negative, z_infinite, y_nan_q, magnitude};
  end

  // The magnitude's top bit is worth 2^18, and 2^-14 after 32 places.
  logic [29:0] z_half;
  logic [19:0] z_unrounded;
  logic [14:0] z;
  logic [15:0] z_q;
  wd_fp_normalize_bytes u_normalize_bytes (.x_i({magnitude_q, 5'd0}), .limit_i(7'd32), .half_o(z_half));
  wd_fp_normalize_bits u_normalize_bits (.half_i(z_half), .unrounded_o(z_unrounded));
  wd_fp_round u_round (.unrounded_i(z_unrounded), .magnitude_o(z));
  always_ff @(posedge clk_i) begin
    if (valid_i[4]) z_q <= z_nan_q ? 16'h7e00 : {z_negative_q, z_infinite_q ? 15'h7c00 : z};
  end

  logic       saturated;
  logic [7:0] code;
  assign score_o = relu_i && z_q[15] ? 16'd0 : z_q;
  wd_fp_to_fp8 u_to_fp8 (.z_i(score_o), .saturated_o(saturated), .code_o(code));
  assign saturated_o = valid_i[5] && saturated;
  assign code_o      = valid_i[5] ? code : 8'd0;
endmodule
