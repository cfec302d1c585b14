// SPDX-License-Identifier: Apache-2.0
// Rounds a value to FP16.
//
// Shape     unrounded_i as in wd_fp_pkg; magnitude_o: an FP16 number without its sign.
// Timing    combinational.
// Numerics  the implicit one of a normal number adds to the exponent; so does a carry of the rounding.
// Test      testbench/rtl/fp_test.cpp
module wd_fp_round (
  input  logic [19:0] unrounded_i,
  output logic [14:0] magnitude_o
);
  logic up, infinite;
  wd_fp_rounding u_rounding (.unrounded_i, .up_o(up), .infinite_o(infinite));
  assign magnitude_o = infinite ? 15'h7c00 : {unrounded_i[17:13], 10'd0} + {4'd0, unrounded_i[12:2]} + {14'd0, up};
endmodule
