// SPDX-License-Identifier: Apache-2.0
// Weight buffer: a row holds one bit-plane word per PE.
//
// Shape     word p at p * WordBits. A write goes to the lanes selected; lane_word_i names, two bits
//           per lane, which of the beat's words it takes.
// Timing    synchronous read; the row stays until the next read.
module wd_weight_buffer #(
  parameter  int unsigned Lanes    = wd_arch_pkg::PesPerGroup,
  parameter  int unsigned WordBits = 2 * wd_arch_pkg::Chunk,
  parameter  int unsigned Rows     = wd_arch_pkg::WeightRows,
  localparam int unsigned RowBits  = $clog2(Rows)
) (
  input  logic                      clk_i,
  input  logic                      read_i,
  input  logic [RowBits-1:0]        read_row_i,
  output logic [Lanes*WordBits-1:0] row_o,
  input  logic                      write_i,
  input  logic [RowBits-1:0]        write_row_i,
  input  logic [Lanes-1:0]          lanes_i,
  input  logic [Lanes*2-1:0]        lane_word_i,
  input  logic [4*WordBits-1:0]     words_i
);
  logic [Lanes*WordBits-1:0] mem [Rows];
  always_ff @(posedge clk_i) begin
    if (read_i) row_o <= mem[read_row_i];
    if (write_i) begin
      for (int unsigned p = 0; p < Lanes; p++)
        if (lanes_i[p]) mem[write_row_i][p*WordBits+:WordBits] <= words_i[lane_word_i[p*2+:2]*WordBits+:WordBits];
    end
  end
endmodule
