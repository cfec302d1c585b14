// SPDX-License-Identifier: Apache-2.0
// Post unit, stage 4: rounds y and brings it and the residual to one scale.
//
// Shape     mine (y) and other (the residual) are whole numbers of 2^-24.
// Timing    combinational.
// Numerics  a residual of 2^18 and more gives infinity whatever y is, so that a sum of 43 bits holds every other.
module wd_post_residual (
  input  logic        negative_i,
  input  logic        infinite_i,
  input  logic [29:0] half_i,
  input  logic        residual_on_i,
  input  logic [7:0]  residual_i,
  input  logic [5:0]  shift_i,
  output logic        mine_negative_o,  // with infinite_o: the sign of the infinity
  output logic        other_negative_o,
  output logic        infinite_o,
  output logic [40:0] mine_o,
  output logic [41:0] other_o
);
  logic        up, overflows;
  logic [19:0] unrounded;
  logic [11:0] y;
  wd_fp_normalize_bits u_normalize_bits (.half_i, .unrounded_o(unrounded));
  wd_fp_rounding u_rounding (.unrounded_i(unrounded), .up_o(up), .infinite_o(overflows));
  assign y      = {1'b0, unrounded[12:2]} + 12'(up);
  assign mine_o = 41'(y) << unrounded[17:13];

  // The residual's unit is 2^(-9 + shift), shift >= -15.
  logic [3:0]  significand, scale;
  logic [4:0]  unit;
  logic [5:0]  places;
  logic [48:0] wide;
  assign significand = residual_on_i ? {residual_i[6:3] != 4'd0, residual_i[2:0]} : 4'd0;
  assign scale       = residual_i[6:3] == 4'd0 ? 4'd0 : residual_i[6:3] - 4'd1;
  assign unit        = 5'(shift_i + 6'd15);
  assign places      = 6'(scale) + 6'(unit);
  assign wide        = 49'(significand) << places;
  assign other_o     = wide[41:0];

  logic y_infinite, huge;
  assign y_infinite       = infinite_i || overflows;
  assign huge             = |wide[48:42];
  assign infinite_o       = y_infinite || huge;
  assign mine_negative_o  = huge && !y_infinite ? residual_i[7] : negative_i;
  assign other_negative_o = residual_on_i ? residual_i[7] : negative_i;
endmodule
