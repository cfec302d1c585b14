// SPDX-License-Identifier: Apache-2.0
// Takes an FP16 number apart: it is significand * 2^(scale - 24), or infinite, or no number.
//
// Timing    combinational.
// Test      testbench/rtl/fp_test.cpp
module wd_fp_unpack (
  input  logic [14:0] magnitude_i,  // without the sign
  output logic [4:0]  scale_o,
  output logic [10:0] significand_o,
  output logic        infinite_o,
  output logic        nan_o
);
  logic normal;
  assign normal        = magnitude_i[14:10] != 5'd0;
  assign scale_o       = normal ? magnitude_i[14:10] - 5'd1 : 5'd0;
  assign significand_o = {normal, magnitude_i[9:0]};
  assign infinite_o    = magnitude_i == 15'h7c00;
  assign nan_o         = magnitude_i > 15'h7c00;
endmodule
