// SPDX-License-Identifier: Apache-2.0
// Number of set bits, in three stages: of 16 bits, of 8 such numbers, of all.
//
// Timing    count_o: three cycles after bits_i.
module wd_count_ones #(
  parameter  int unsigned Bits      = 64,
  localparam int unsigned CountBits = $clog2(Bits + 1)
) (
  input  logic                 clk_i,
  input  logic                 clear_i,
  input  logic [Bits-1:0]      bits_i,
  output logic [CountBits-1:0] count_o
);
  localparam int unsigned Parts  = (Bits + 15) / 16;
  localparam int unsigned Groups = (Parts + 7) / 8;
  logic [Parts*16-1:0] bits;
  logic [Parts*5-1:0]  parts_q;
  logic [Groups*8-1:0] sums, sums_q;
  logic [CountBits-1:0] count;
  assign bits = (Parts * 16)'(bits_i);
  always_comb begin
    sums  = '0;
    count = '0;
    for (int unsigned i = 0; i < Parts; i++) sums[i/8*8+:8] = sums[i/8*8+:8] + 8'(parts_q[i*5+:5]);
    for (int unsigned i = 0; i < Groups; i++) count = count + CountBits'(sums_q[i*8+:8]);
  end
  always_ff @(posedge clk_i) begin
    for (int unsigned i = 0; i < Parts; i++) parts_q[i*5+:5] <= clear_i ? 5'd0 : 5'($countones(bits[i*16+:16]));
    sums_q  <= clear_i ? '0 : sums;
    count_o <= clear_i ? '0 : count;
  end
endmodule
