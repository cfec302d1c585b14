// SPDX-License-Identifier: Apache-2.0
// Score buffer: a row holds 16 FP16 class scores; it is written whole and read in two beats.
//
// Timing    synchronous read.
module wd_score_buffer #(
  parameter  int unsigned Rows    = wd_arch_pkg::ScoreRows,
  localparam int unsigned RowBits = Rows > 1 ? $clog2(Rows) : 1
) (
  input  logic               clk_i,
  input  logic               write_i,
  input  logic [RowBits-1:0] write_row_i,
  input  logic [255:0]       data_i,
  input  logic               read_i,
  input  logic [RowBits:0]   read_half_i,  // {row, half}
  output logic [127:0]       beat_o
);
  logic [255:0] mem [Rows] /* verilator public_flat_rd */;
  always_ff @(posedge clk_i) begin
    if (write_i) mem[write_row_i] <= data_i;
    if (read_i) beat_o <= mem[read_half_i[RowBits:1]][read_half_i[0]*128+:128];
  end
endmodule
