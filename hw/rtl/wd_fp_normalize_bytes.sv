// SPDX-License-Identifier: Apache-2.0
// Brings the first one to the top, first half: by whole bytes.
//
// Shape     half_o as in wd_fp_pkg.
// Timing    combinational.
// Numerics  shifts by `limit` at most: by so much the value is a subnormal number. A one planted where that shift would find
//           it makes the search obey; it takes part in nothing else.
// Test      testbench/rtl/fp_test.cpp
module wd_fp_normalize_bytes (
  input  logic [wd_fp_pkg::AccMax-1:0] x_i,
  input  logic [6:0]                   limit_i,
  output logic [29:0]                  half_o
);
  logic [47:0] marked;
  logic [5:0]  some, first;  // bytes with a one, of these the highest
  logic [17:0] zeros;        // of each byte, from its top
  assign marked = x_i | (limit_i > 7'd47 ? 48'd0 : 48'h8000_0000_0000 >> limit_i[5:0]);
  for (genvar b = 0; b < 6; b++) begin : g_byte
    logic [7:0] x;
    logic [2:0] pairs;  // from the top
    assign x            = marked[8*b+:8];
    assign pairs        = {|x[7:6], |x[5:4], |x[3:2]};
    assign some[b]      = |x;
    assign first[b]     = some[b] && (some >> (b + 1)) == 6'd0;
    assign zeros[3*b+2] = pairs[2:1] == 2'd0;
    assign zeros[3*b+1] = pairs[2:1] == 2'd0 ? !pairs[0] : !pairs[2];
    assign zeros[3*b]   = pairs[2] ? !x[7] : pairs[1] ? !x[5] : pairs[0] ? !x[3] : !x[1];
  end

  // Of every byte what it would give as the first one, so that only a selection follows the search.
  logic [3:0]  base;   // in bytes
  logic [2:0]  bits;   // to shift
  logic [18:0] y;
  logic        sticky;
  always_comb begin
    base   = '0;
    bits   = '0;
    y      = '0;
    sticky = 1'b0;
    for (int unsigned b = 0; b < 6; b++) begin
      if (first[b]) begin
        base   = base | (limit_i[6:3] - 4'(5 - b));
        bits   = bits | zeros[3*b+:3];
        y      = y | 19'(x_i << (8 * (5 - b)) >> 29);
        sticky = sticky || 29'(x_i << (8 * (5 - b))) != 29'd0;
      end
    end
  end
  assign half_o = {base, some == 6'd0 ? 3'd0 : limit_i[2:0], bits, y, sticky};
endmodule
