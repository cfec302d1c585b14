// SPDX-License-Identifier: Apache-2.0
// The functions of wd_fp_pkg behind ports, for fp_test.cpp.
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
  assign scaled_o = wd_fp_pkg::acc_to_fp16(acc_i, acc_shift_i);
  assign fma_o    = wd_fp_pkg::fma_fp16(a_i, b_i, c_i);
  assign added_o  = wd_fp_pkg::add_residual(c_i, residual_i, residual_shift_i);
  assign fp8_o    = wd_fp_pkg::fp16_to_fp8(a_i);
endmodule
