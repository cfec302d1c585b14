// SPDX-License-Identifier: Apache-2.0
// Makes the random signs of a chunk's weights, a group of channels a cycle, from the seed and the place of each chunk.
//
// Shape     chunk k of channel c of a tile is chunk first + c * chunks + k of the weight set; the next tile begins 64 * chunks later.
//           A block of the generator has two chunks' signs, the even one's below.
// Timing    22 cycles for the keys, then a group a cycle into 13 stages, as hw/formats/stream/chip_decoder.hpp has it.
//           stop_i holds all; the pipeline stands, too, while it has a group of the chunk after the present one at its end.
// Test      testbench/rtl/decoder_test.cpp
module wd_signs #(
  parameter  int unsigned Signers   = 8,   // channels of a group
  localparam int unsigned Groups    = 64 / Signers,
  localparam int unsigned GroupBits = $clog2(Groups),
  localparam int unsigned Stages    = 13
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,
  input  logic                  start_i,
  input  logic [63:0]           seed_i,
  input  logic [31:0]           first_i,
  input  logic [15:0]           chunks_i,
  input  logic                  stop_i,
  input  logic                  next_i,    // the next chunk is the present one
  output logic                  there_o,   // all groups of the chunk have been taken
  output logic                  taken_o,
  output logic [GroupBits-1:0]  group_o,
  output logic [Signers*16-1:0] bits_o
);
  logic [16*22-1:0] keys;
  logic             keys_done, move, enters, wraps, tile_ends;
  wd_speck_keys u_keys (.clk_i, .rst_ni, .start_i, .seed_i, .done_o(keys_done), .keys_o(keys));

  logic [Stages-1:0]    valid_q;
  logic [GroupBits:0]   taken_q;
  logic [GroupBits-1:0] group_q;
  logic [31:0]          chunk_q, first_q, entered_q;  // numbers: of the chunk in channel 0, of the group's first channel
  logic [31:0]          next_chunk_q;
  logic [15:0]          chunks_q, left_q;
  logic [21:0]          tile_q;                       // from a tile's last chunk to the next one's first, of channel 0
  assign there_o = taken_q == (GroupBits + 1)'(Groups);
  assign move    = !stop_i && !(valid_q[Stages-1] && there_o);
  assign taken_o = move && valid_q[Stages-1];
  assign group_o = taken_q[GroupBits-1:0];
  assign enters  = move && keys_done;
  assign wraps   = group_q == GroupBits'(Groups - 1);
  assign tile_ends  = left_q == '0;
  always_ff @(posedge clk_i) begin
    if (start_i) begin
      valid_q  <= '0;
      taken_q  <= '0;
      group_q  <= '0;
      chunk_q  <= first_i;
      first_q  <= first_i;
      chunks_q <= chunks_i;
      left_q   <= chunks_i - 16'd1;
    end else begin
      if (next_i) taken_q <= '0;
      else if (taken_o) taken_q <= taken_q + 1'b1;
      if (move) valid_q <= {valid_q[Stages-2:0], keys_done};
      if (enters) begin
        entered_q <= first_q;
        group_q   <= group_q + 1'b1;
        first_q   <= wraps ? next_chunk_q : first_q + 32'(chunks_q) * Signers;
        if (wraps) begin
          chunk_q <= next_chunk_q;
          left_q  <= tile_ends ? chunks_q - 16'd1 : left_q - 16'd1;
        end
      end
    end
  end
  // While the keys are made, and again before a group of the next chunk enters, there is time for these.
  always_ff @(posedge clk_i) begin
    tile_q       <= 22'(chunks_q) * 22'd63 + 22'd1;
    next_chunk_q <= chunk_q + (tile_ends ? 32'(tile_q) : 32'd1);
  end
  for (genvar s = 0; s < Signers; s++) begin : g_signer
    logic [31:0] number_q, block;
    logic [20:0] ahead_q;  // of the group's first channel
    logic [10:0] upper_q;  // of the chunk in each stage of the cipher
    wd_speck u_speck (.clk_i, .move_i(move), .keys_i(keys), .index_i({1'b0, number_q[31:1]}), .block_o(block));
    always_ff @(posedge clk_i) begin
      ahead_q <= 21'(chunks_q) * s;
      if (move) begin
        number_q <= entered_q + 32'(ahead_q);
        upper_q  <= {upper_q[9:0], number_q[0]};
      end
    end
    assign bits_o[s*16+:16] = upper_q[10] ? block[31:16] : block[15:0];
  end
endmodule
