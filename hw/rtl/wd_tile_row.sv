// SPDX-License-Identifier: Apache-2.0
// Where a tile's words lie in a tensor of the output's shape: the activation row, in every bank, of those of its first channel block.
//
// Timing    begin_i, next_oc_i or next_t_i in cycle t: the tile's row from t + 1 on.
module wd_tile_row #(
  parameter int unsigned RowBits   = 10,
  parameter int unsigned Blocks    = 4    // channel blocks of an output-channel tile
) (
  input  logic                 clk_i,
  input  logic                 begin_i,    // go to the first tile
  input  logic                 next_oc_i,  // go to the next output-channel tile
  input  logic                 next_t_i,   // go to the next tile of pixels
  input  logic                 pool_i,     // a tile has one channel block
  input  logic                 across_i,   // a TRANSPOSE's output: tiles of pixels are channel blocks, and channel blocks rows
  input  logic [RowBits-1:0]   base_i,     // the tensor's first row
  input  logic [RowBits-1:0]   pitch_i,    // rows from a channel block to the next one
  output logic [RowBits-1:0]   row_o
);
  logic [RowBits-1:0] oc_row_q, next_oc_row;  // of the first tile of pixels
  assign next_oc_row = oc_row_q + (across_i ? RowBits'(1) : pool_i ? pitch_i : RowBits'(Blocks) * pitch_i);  // Blocks is 1 to 4
  always_ff @(posedge clk_i) begin
    if (begin_i)        {oc_row_q, row_o} <= {base_i, base_i};
    else if (next_oc_i) {oc_row_q, row_o} <= {next_oc_row, next_oc_row};
    else if (next_t_i)  row_o <= row_o + (across_i ? pitch_i : RowBits'(1));
  end
endmodule
