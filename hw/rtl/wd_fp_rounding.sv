// SPDX-License-Identifier: Apache-2.0
// Tells what the rounding of a value does to it, for who carries it out in a sum or product of their own.
//
// Shape     unrounded_i as in wd_fp_pkg.
// Timing    combinational.
// Numerics  to nearest even; beyond 65504, the largest finite number, it is infinite.
// Test      testbench/rtl/fp_test.cpp
module wd_fp_rounding (
  input  logic [19:0] unrounded_i,
  output logic        up_o,
  output logic        infinite_o
);
  assign up_o       = unrounded_i[1] && (unrounded_i[2] || unrounded_i[0]);
  assign infinite_o = unrounded_i[19:13] > 7'd29
                   || (unrounded_i[19:13] == 7'd29 && unrounded_i[12:2] == 11'h7ff && up_o);
endmodule
