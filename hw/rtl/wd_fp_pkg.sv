// SPDX-License-Identifier: Apache-2.0
// Number formats of the post unit: FP16 with one rounding per operation, FP8 E4M3.
//
// Shape     an FP16 value before its rounding, 20 bits: {base, kept, guard, sticky}. It is kept * 2^(base - 24), kept having
//           11 bits, of which the top one is clear in a subnormal; guard and sticky are what lies below.
// Numerics  bit-exact with hw/numerics/fp16.hpp, fp8.hpp, post.hpp.
// Timing    combinational.
// Test      testbench/rtl/fp_test.cpp
package wd_fp_pkg;
  localparam int unsigned AccMax  = 48;  // widest accumulator: what normalize takes
  localparam int unsigned SumBits = 43;  // of a fixed-point sum: wd_post_multiply and wd_post_residual say why it is enough

  function automatic logic [2:0] zeros_in_byte(input logic [7:0] x);
    logic [2:0] pairs;  // from the top
    pairs = {|x[7:6], |x[5:4], |x[3:2]};
    zeros_in_byte[2] = pairs[2:1] == 2'd0;
    zeros_in_byte[1] = zeros_in_byte[2] ? !pairs[0] : !pairs[2];
    zeros_in_byte[0] = pairs[2] ? !x[7] : pairs[1] ? !x[5] : pairs[0] ? !x[3] : !x[1];
  endfunction

  // Brings the first one to the top, but shifts by `limit` at most: by so much the value is a subnormal number. A one
  // planted where that shift would find it makes the search obey; it takes part in nothing else. The shift is done in two
  // halves, by whole bytes and by bits; between them: {base before the second, bits to shift, 19 top bits, sticky}.
  function automatic logic [29:0] normalize_bytes(input logic [47:0] x, input logic [6:0] limit);
    logic [47:0] marked, y;
    logic [5:0]  some, first;
    logic [2:0]  bytes, bits;
    marked = x | (limit > 7'd47 ? 48'd0 : 48'h8000_0000_0000 >> limit[5:0]);
    y      = '0;
    bytes  = 3'd0;
    bits   = 3'd0;
    for (int unsigned b = 0; b < 6; b++) some[b] = |marked[8*b+:8];
    for (int unsigned b = 0; b < 6; b++) begin
      first[b] = some[b] && (some >> (b + 1)) == 6'd0;
      if (first[b]) begin
        bytes = bytes | 3'(5 - b);
        bits  = bits | zeros_in_byte(marked[8*b+:8]);
        y     = y | x << (8 * (5 - b));
      end
    end
    normalize_bytes = {some == 6'd0 ? 7'd0 : limit - {1'b0, bytes, 3'd0}, bits, y[47:29], |y[28:0]};
  endfunction

  function automatic logic [19:0] normalize_bits(input logic [29:0] x);
    logic [18:0] y;
    y = x[19:1] << x[22:20];
    normalize_bits = {x[29:23] - {4'd0, x[22:20]}, y[18:7], y[6:0] != 7'd0 || x[0]};
  endfunction

  function automatic logic rounds_up(input logic [19:0] x);
    rounds_up = x[1] && (x[2] || x[0]);
  endfunction

  // Rounded, it is infinite: beyond 65504, the largest finite one.
  function automatic logic overflows(input logic [19:0] x);
    overflows = x[19:13] > 7'd29 || (x[19:13] == 7'd29 && x[12:2] == 11'h7ff && rounds_up(x));
  endfunction

  // The implicit one of a normal number adds to the exponent; so does a carry of the rounding.
  function automatic logic [14:0] rounded(input logic [19:0] x);
    rounded = overflows(x) ? 15'h7c00 : {x[17:13], 10'd0} + {4'd0, x[12:2]} + {14'd0, rounds_up(x)};
  endfunction

  function automatic logic [10:0] significand(input logic [15:0] x);
    significand = {x[14:10] != 5'd0, x[9:0]};
  endfunction

  // x is significand * 2^(scale - 24).
  function automatic logic [4:0] scale(input logic [15:0] x);
    scale = x[14:10] == 5'd0 ? 5'd0 : x[14:10] - 5'd1;
  endfunction

  function automatic logic is_nan(input logic [15:0] x);
    is_nan = x[14:0] > 15'h7c00;
  endfunction

  // Step 4's conversion: {saturated, code}; a zero is +0.
  function automatic logic [8:0] fp16_to_fp8(input logic [15:0] z);
    logic [14:0] rebased;
    logic [10:0] kept, lost;
    logic [3:0] drop;
    logic [6:0] code;
    rebased = z[14:0] - {5'd8, 10'd0};  // exponent bias 15 becomes 7
    rebased = rebased + 15'h3f + {14'd0, z[7]};
    code = 7'(rebased >> 7);
    drop = 4'd0;
    kept = 11'd0;
    lost = 11'd0;
    if (z[14:10] < 5'd9) begin  // subnormal: a multiple of 2^-9
      drop = 4'(5'd16 - z[14:10]);
      kept = significand(z);
      if (z[14:10] <= 5'd4) begin
        code = 7'd0;
      end else begin
        lost = kept & ((11'd1 << drop) - 11'd1);
        kept = kept >> drop;
        if (lost > (11'd1 << (drop - 4'd1)) || (lost == (11'd1 << (drop - 4'd1)) && kept[0])) kept = kept + 11'd1;
        code = kept[6:0];
      end
    end
    if (is_nan(z)) fp16_to_fp8 = {1'b0, 8'h7f};
    else if (z[14:0] >= 15'h5f40) fp16_to_fp8 = {1'b1, z[15], 7'h7e};  // 464 = midpoint above 448
    else fp16_to_fp8 = {1'b0, z[15] & (code != 7'd0), code};
  endfunction
endpackage
