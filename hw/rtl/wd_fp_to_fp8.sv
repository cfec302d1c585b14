// SPDX-License-Identifier: Apache-2.0
// FP16 to FP8 E4M3, step 4's conversion.
//
// Timing    combinational.
// Numerics  to nearest even; a zero is +0; beyond 464, the midpoint above 448, it saturates; infinities too.
// Test      testbench/rtl/fp_test.cpp
module wd_fp_to_fp8 (
  input  logic [15:0] z_i,
  output logic        saturated_o,
  output logic [7:0]  code_o
);
  // Below 2^-6 codes are multiples of 2^-9, below 2^-10 zero; other exponents change their bias from 15 to 7, which leaves
  // the lower three of their bits as they are.
  logic        subnormal, up;
  logic [13:0] places;  // 2^-9 is bit 11
  logic [6:0]  kept, code;
  logic        guard, sticky;
  assign subnormal = z_i[14:10] < 5'd9;
  assign places    = {1'b1, z_i[9:0], 3'd0} >> (2'd0 - z_i[11:10]);
  always_comb begin
    {kept, guard, sticky} = {!z_i[13], z_i[12:6], z_i[5:0] != 6'd0};
    if (z_i[14:10] < 5'd5) {kept, guard, sticky} = '0;
    else if (subnormal) {kept, guard, sticky} = {4'd0, places[13:10], places[9:0] != 10'd0};
  end
  assign up   = guard && (sticky || kept[0]);
  assign code = kept + {6'd0, up};

  always_comb begin
    saturated_o = 1'b0;
    code_o      = {z_i[15] && code != 7'd0, code};
    if (z_i[14:0] > 15'h7c00) begin
      code_o = 8'h7f;
    end else if (z_i[14:0] >= 15'h5f40) begin
      saturated_o = 1'b1;
      code_o      = {z_i[15], 7'h7e};
    end
  end
endmodule
