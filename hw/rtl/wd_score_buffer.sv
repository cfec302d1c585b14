// SPDX-License-Identifier: Apache-2.0
// Score buffer: a row holds 16 FP16 class scores; up to four rows are written at once, one is read in two beats.
//
// Shape     row r lies in bank r mod 4. Pixel p is written to row write_row_i + p; all that are written at once lie in the same
//           four rows.
// Timing    synchronous read.
module wd_score_buffer #(
  parameter  int unsigned Rows      = wd_arch_pkg::ScoreRows,
  localparam int unsigned RowBits   = Rows > 1 ? $clog2(Rows) : 1,
  localparam int unsigned Depth     = (Rows + 3) / 4,
  localparam int unsigned DepthBits = Depth > 1 ? $clog2(Depth) : 1
) (
  input  logic               clk_i,
  input  logic [3:0]         write_i,      // by pixel
  input  logic [RowBits-1:0] write_row_i,  // of pixel 0
  input  logic [1023:0]      data_i,
  input  logic               read_i,
  input  logic [RowBits:0]   read_half_i,  // {row, half}
  output logic [127:0]       beat_o
);
  logic [DepthBits+1:0] write_row, read_row;  // {place in the bank, bank}
  logic [3:0]           write;                // by bank
  assign write_row = (DepthBits + 2)'(write_row_i);
  assign read_row  = (DepthBits + 2)'(read_half_i[RowBits:1]);
  assign write     = write_i << write_row[1:0];

  logic [1023:0] rows;
  for (genvar b = 0; b < 4; b++) begin : g_bank
    logic [255:0] mem [Depth] /* verilator public_flat_rd */;
    logic [1:0]   pixel;
    assign pixel = 2'(b) - write_row[1:0];
    always_ff @(posedge clk_i) begin
      if (write[b]) mem[write_row[DepthBits+1:2]] <= data_i[pixel*256+:256];
    end
    assign rows[b*256+:256] = mem[read_row[DepthBits+1:2]];
  end
  always_ff @(posedge clk_i) begin
    if (read_i) beat_o <= rows[{read_row[1:0], read_half_i[0]}*128+:128];
  end
endmodule
