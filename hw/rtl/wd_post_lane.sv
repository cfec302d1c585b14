// SPDX-License-Identifier: Apache-2.0
// One lane of the post unit: an exact sum becomes an FP8 code or an FP16 score.
//
// Timing    valid_i[s]: stage s + 1 holds a step. Stage 1 to FP16, 2 fma, 3 residual, 4 (combinational
//           output) activation and FP8. gamma, beta and residual are those of stage 2 and 3.
// Numerics  hw/numerics/post.hpp
module wd_post_lane #(
  parameter int unsigned AccBits = wd_arch_pkg::AccBits
) (
  input  logic               clk_i,
  input  logic [3:0]         valid_i,
  input  logic [AccBits-1:0] acc_i,
  input  logic [5:0]         acc_shift_i,
  input  logic [15:0]        gamma_i,
  input  logic [15:0]        beta_i,
  input  logic               residual_on_i,
  input  logic [7:0]         residual_i,
  input  logic [5:0]         residual_shift_i,
  input  logic               relu_i,
  output logic [15:0]        score_o,
  output logic [7:0]         code_o,
  output logic               saturated_o
);
  /* verilator no_inline_module */  // 64 instances share the simulator's code
  logic [15:0] t_q, y_q, z_q;
  always_ff @(posedge clk_i) begin
    if (valid_i[0]) t_q <= wd_fp_pkg::acc_to_fp16(wd_fp_pkg::AccMax'(signed'(acc_i)), acc_shift_i);
    if (valid_i[1]) y_q <= wd_fp_pkg::fma_fp16(t_q, gamma_i, beta_i);
    if (valid_i[2]) z_q <= residual_on_i ? wd_fp_pkg::add_residual(y_q, residual_i, residual_shift_i) : y_q;
  end

  assign score_o = relu_i && z_q[15] ? 16'd0 : z_q;
  always_comb begin
    {saturated_o, code_o} = '0;
    if (valid_i[3]) {saturated_o, code_o} = wd_fp_pkg::fp16_to_fp8(score_o);
  end
endmodule
