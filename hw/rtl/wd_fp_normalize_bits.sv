// SPDX-License-Identifier: Apache-2.0
// Brings the first one to the top, second half: within a byte.
//
// Shape     half_i, unrounded_o as in wd_fp_pkg.
// Timing    combinational.
// Test      testbench/rtl/fp_test.cpp
module wd_fp_normalize_bits (
  input  logic [29:0] half_i,
  output logic [19:0] unrounded_o
);
  logic [2:0]  bits;
  logic [18:0] y;
  assign bits        = half_i[22:20];
  assign y           = half_i[19:1] << bits;
  assign unrounded_o = {half_i[29:23] - {4'd0, bits}, y[18:7], y[6:0] != 7'd0 || half_i[0]};
endmodule
