// SPDX-License-Identifier: Apache-2.0
// Normalization buffer: a row holds the FP16 gamma and beta of 16 output channels.
//
// Shape     a row is four beats, written one by one; beat i at i * 128.
// Timing    synchronous read; the row stays until the next read.
module wd_norm_buffer #(
  parameter  int unsigned Rows    = wd_arch_pkg::NormRows,
  localparam int unsigned RowBits = Rows > 1 ? $clog2(Rows) : 1
) (
  input  logic               clk_i,
  input  logic               read_i,
  input  logic [RowBits-1:0] read_row_i,
  output logic [511:0]       row_o,
  input  logic               write_i,
  input  logic [RowBits-1:0] write_row_i,
  input  logic [1:0]         quarter_i,
  input  logic [127:0]       beat_i
);
  logic [511:0] mem [Rows];
  always_ff @(posedge clk_i) begin
    if (read_i) row_o <= mem[read_row_i];
    if (write_i) mem[write_row_i][quarter_i*128+:128] <= beat_i;
  end
endmodule
