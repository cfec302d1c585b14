// SPDX-License-Identifier: Apache-2.0
// Post unit, stage 1: a sum to an FP16 value that is not rounded yet.
//
// Shape     unrounded_o as in wd_fp_pkg. SumBias: what sums hold on top of their value.
// Timing    combinational.
// Numerics  hw/numerics/post.hpp, step 1
module wd_post_scale #(
  parameter int unsigned AccBits = wd_arch_pkg::AccBits,
  parameter int unsigned SumBias = 0
) (
  input  logic [AccBits-1:0] acc_i,
  input  logic [5:0]         shift_i,
  output logic               negative_o,
  output logic [19:0]        unrounded_o
);
  // Both signs at once, for speed.
  logic [AccBits-1:0] value, opposite, magnitude;
  assign value      = acc_i - AccBits'(SumBias);
  assign opposite   = AccBits'(SumBias) - acc_i;
  assign negative_o = value[AccBits-1];
  assign magnitude  = negative_o ? opposite : value;

  // In units of 2^(-9 - shift) the top bit of `Wide` is worth 2^(Wide - 10 - shift), and 2^-14 after `limit` places.
  localparam int unsigned Wide = AccBits < 28 ? 28 : AccBits;  // limit is positive for every shift
  logic [6:0] limit;
  logic [29:0] half;
  assign limit = 7'(Wide + 4) - 7'(signed'(shift_i));
  wd_fp_normalize_bytes u_normalize_bytes (.x_i(48'(magnitude) << (48 - Wide)), .limit_i(limit), .half_o(half));
  wd_fp_normalize_bits u_normalize_bits (.half_i(half), .unrounded_o);
endmodule
