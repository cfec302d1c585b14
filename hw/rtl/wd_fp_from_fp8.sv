// SPDX-License-Identifier: Apache-2.0
// An FP8 code as an FP16 value, which it always is exactly.
//
// Shape     unrounded_o as in wd_fp_pkg.
// Timing    combinational.
// Numerics  -0 is +0; NaN codes read as 480, as in hw/numerics/fp8.hpp.
// Test      testbench/rtl/fp_test.cpp
module wd_fp_from_fp8 (
  input  logic [7:0]  code_i,
  output logic        negative_o,
  output logic [19:0] unrounded_o
);
  logic [6:0]  base;
  logic [10:0] kept;
  always_comb begin
    base = 7'(code_i[6:3]) + 7'd7;
    kept = {1'b1, code_i[2:0], 7'd0};
    if (code_i[6:3] == 4'd0) begin
      casez (code_i[2:0])
        3'b1??:  {base, kept} = {7'd7, code_i[2:0], 8'd0};
        3'b01?:  {base, kept} = {7'd6, code_i[1:0], 9'd0};
        3'b001:  {base, kept} = {7'd5, 1'b1, 10'd0};
        default: {base, kept} = '0;
      endcase
    end
  end
  assign negative_o  = code_i[7] && code_i[6:0] != 7'd0;
  assign unrounded_o = {base, kept, 2'b00};
endmodule
