// SPDX-License-Identifier: Apache-2.0
// Number formats of the post unit: FP16 with one rounding per operation, FP8 E4M3.
//
// Numerics  bit-exact with hw/numerics/fp16.hpp, fp8.hpp, post.hpp. All sums are formed in fixed
//           point: a * b + c is a multiple of 2^-48, a residual sum a multiple of 2^-24.
// Timing    combinational.
// Test      testbench/rtl/fp_test.cpp
package wd_fp_pkg;
  localparam int unsigned AccMax = 48;  // widest accumulator that acc_to_fp16 takes
  localparam int unsigned FixBits = 82;  // an FP16 product plus an addend, in units of 2^-48

  // The position of the first one is found and brought to the top bit; 128 bits cover every user.
  function automatic logic [134:0] normalize(input logic [127:0] magnitude);
    logic [127:0] x;
    logic [6:0] zeros;
    x = magnitude;
    zeros = 7'd0;
    if (x[127:64] == 64'd0) begin
      x = {x[63:0], 64'd0};
      zeros[6] = 1'b1;
    end
    if (x[127:96] == 32'd0) begin
      x = {x[95:0], 32'd0};
      zeros[5] = 1'b1;
    end
    if (x[127:112] == 16'd0) begin
      x = {x[111:0], 16'd0};
      zeros[4] = 1'b1;
    end
    if (x[127:120] == 8'd0) begin
      x = {x[119:0], 8'd0};
      zeros[3] = 1'b1;
    end
    if (x[127:124] == 4'd0) begin
      x = {x[123:0], 4'd0};
      zeros[2] = 1'b1;
    end
    if (x[127:126] == 2'd0) begin
      x = {x[125:0], 2'd0};
      zeros[1] = 1'b1;
    end
    if (!x[127]) begin
      x = {x[126:0], 1'b0};
      zeros[0] = 1'b1;
    end
    normalize = {7'd127 - zeros, x};
  endfunction

  // (-1)^negative * magnitude * 2^exponent, rounded to nearest even. Zero keeps the sign given.
  function automatic logic [15:0] round_fp16(input logic negative, input logic [127:0] magnitude,
                                             input logic signed [8:0] exponent);
    logic [134:0] normal;
    logic signed [9:0] top;  // floor(log2(|value|))
    logic signed [9:0] low;  // places below the smallest normal number
    logic [12:0] kept;  // 11 significant bits, guard, sticky
    logic [12:0] lost;
    logic [3:0] drop;
    logic [10:0] whole;
    logic [14:0] base;
    normal = normalize(magnitude);
    top = 10'(exponent) + $signed({3'b000, normal[134:128]});
    kept = {normal[127:116], |normal[115:0]};
    base = 15'd0;
    lost = 13'd0;
    drop = 4'd0;
    low = -10'sd14 - top;
    if (low > 10'sd0) begin
      drop = low > 10'sd12 ? 4'd12 : low[3:0];
      lost = kept & ((13'd1 << drop) - 13'd1);
      kept = (kept >> drop) | {12'd0, lost != 13'd0};
    end else begin
      base = {5'(top + 10'sd14), 10'd0};
    end
    whole = kept[12:2];
    // The implicit one of a normal number adds to the exponent; so does a carry, up to infinity.
    if (magnitude == 128'd0) round_fp16 = {negative, 15'd0};
    else if (top > 10'sd15) round_fp16 = {negative, 15'h7c00};
    else round_fp16 = {negative, base + {4'd0, whole} + {14'd0, kept[1] & (kept[0] | kept[2])}};
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

  // Step 1: acc * 2^(-9 - shift).
  function automatic logic [15:0] acc_to_fp16(input logic signed [AccMax-1:0] acc, input logic signed [5:0] shift);
    logic [AccMax-1:0] magnitude;
    magnitude = acc[AccMax-1] ? -acc : acc;
    acc_to_fp16 = round_fp16(acc[AccMax-1], {80'd0, magnitude}, -9'sd9 - 9'(shift));
  endfunction

  // Step 2: a * b + c. An exact zero sum is +0, except (-0) + (-0).
  function automatic logic [15:0] fma_fp16(input logic [15:0] a, input logic [15:0] b, input logic [15:0] c);
    logic sign;
    logic [FixBits-1:0] product, addend, sum;
    logic negative;
    sign = a[15] ^ b[15];
    product = FixBits'(22'(significand(a)) * 22'(significand(b))) << (6'(scale(a)) + 6'(scale(b)));
    addend = FixBits'({significand(c), 24'd0}) << scale(c);
    sum = product + addend;
    negative = sign;
    if (sign != c[15]) begin
      negative = product > addend ? sign : c[15];
      sum = product > addend ? product - addend : addend - product;
    end
    if (is_nan(a) || is_nan(b) || is_nan(c)) fma_fp16 = 16'h7e00;
    else if (a[14:0] == 15'h7c00 || b[14:0] == 15'h7c00)
      fma_fp16 = a[14:0] == 15'd0 || b[14:0] == 15'd0 || (c[14:0] == 15'h7c00 && c[15] != sign)
                 ? 16'h7e00 : {sign, 15'h7c00};
    else if (c[14:0] == 15'h7c00) fma_fp16 = c;
    else if (sum == FixBits'(0)) fma_fp16 = {sign & c[15], 15'd0};
    else fma_fp16 = round_fp16(negative, 128'(sum), -9'sd48);
  endfunction

  // Step 3: y + residual * 2^shift with an FP8 residual. An exact zero sum is +0.
  function automatic logic [15:0] add_residual(input logic [15:0] y, input logic [7:0] residual,
                                               input logic signed [5:0] shift);
    logic [50:0] mine, other, sum;
    logic [4:0] places;
    logic negative;
    // |y| in units of 2^-24; the residual's unit is 2^(-9 + shift), shift >= -15.
    mine = 51'(significand(y)) << scale(y);
    places = 5'(shift + 6'sd15);
    other = 51'({residual[6:3] != 4'd0, residual[2:0]}) << (residual[6:3] == 4'd0 ? 4'd0 : residual[6:3] - 4'd1);
    other = other << places;
    sum = mine + other;
    negative = y[15];
    if (y[15] != residual[7]) begin
      negative = mine > other ? y[15] : residual[7];
      sum = mine > other ? mine - other : other - mine;
    end
    if (y[14:10] == 5'd31) add_residual = y;
    else if (sum == 51'd0) add_residual = 16'd0;
    else add_residual = round_fp16(negative, 128'(sum), -9'sd24);
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
