// SPDX-License-Identifier: Apache-2.0
// Widths of the post unit's number formats. The formats themselves are modules, not functions: the simulator gives a
// function's variables to each of the 64 lanes, which then share no code.
//
// Shape     an FP16 value before its rounding, 20 bits: {base, kept, guard, sticky}. It is kept * 2^(base - 24), kept having
//           11 bits, of which the top one is clear in a subnormal; guard and sticky are what lies below. Half normalized, 30
//           bits: {base before the shift, bits to shift, 19 top bits, sticky}.
// Numerics  wd_fp_* are bit-exact with hw/numerics/fp16.hpp, fp8.hpp, post.hpp.
package wd_fp_pkg;
  localparam int unsigned AccMax  = 48;  // widest accumulator: what wd_fp_normalize_bytes takes
  localparam int unsigned SumBits = 43;  // of a fixed-point sum: wd_post_multiply and wd_post_residual say why it is enough
endpackage
