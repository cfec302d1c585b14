// SPDX-License-Identifier: Apache-2.0
// Number of set bits, in three stages: of Part bits, of some such numbers, of all.
//
// Timing    count_o: three cycles after bits_i.
module wd_count_ones #(
  parameter  int unsigned Bits      = 64,
  parameter  int unsigned Part      = 16,  // at most 16; fewer where bits come late in the cycle
  localparam int unsigned CountBits = $clog2(Bits + 1)
) (
  input  logic                 clk_i,
  input  logic                 clear_i,
  input  logic [Bits-1:0]      bits_i,
  output logic [CountBits-1:0] count_o
);
  localparam int unsigned PartBits = $clog2(Part + 1);
  localparam int unsigned Joined   = Part > 8 ? 8 : 16;  // parts, of 128 bits at most
  localparam int unsigned Parts    = (Bits + Part - 1) / Part;
  localparam int unsigned Groups   = (Parts + Joined - 1) / Joined;
  logic [Parts*Part-1:0]     bits;
  logic [Parts*PartBits-1:0] parts_q;
  logic [Groups*8-1:0]       sums, sums_q;
  logic [CountBits-1:0]      count;
  assign bits = (Parts * Part)'(bits_i);
  always_comb begin
    sums  = '0;
    count = '0;
    for (int unsigned i = 0; i < Parts; i++) sums[i/Joined*8+:8] = sums[i/Joined*8+:8] + 8'(parts_q[i*PartBits+:PartBits]);
    for (int unsigned i = 0; i < Groups; i++) count = count + CountBits'(sums_q[i*8+:8]);
  end
  always_ff @(posedge clk_i) begin
    for (int unsigned i = 0; i < Parts; i++) parts_q[i*PartBits+:PartBits] <= clear_i ? '0 : PartBits'($countones(bits[i*Part+:Part]));
    sums_q  <= clear_i ? '0 : sums;
    count_o <= clear_i ? '0 : count;
  end
endmodule
