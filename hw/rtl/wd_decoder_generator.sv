// SPDX-License-Identifier: Apache-2.0
// Makes which of a chunk's weights are frozen, a channel a cycle, and then their random signs, a group of channels a cycle.
//
// Shape     chunk k of channel c of a tile is chunk first + c * chunks + k of the weight set; the next tile begins
//           tile_channels_i * chunks later.
//           A block of the cipher has the signs of two chunks, the even one's below, or 16 bits for each of two weights, which are
//           pruned below `pruned`, else locked below `frozen`, else free.
// Timing    22 cycles for the keys, then a group a cycle into 13 stages, as hw/formats/stream/chip_decoder.hpp has it.
//           stop_i holds all; the pipeline stands, too, while it has a group of the chunk after the present one at its end.
// Test      testbench/rtl/decoder_test.cpp
module wd_decoder_generator #(
  parameter  int unsigned Signers   = 8,   // channels of a group of signs
  parameter  int unsigned Freeze    = 0,   // 1: weights may be frozen; Signers is 8
  localparam int unsigned Groups    = 64 / Signers,
  localparam int unsigned GroupBits = $clog2(Groups),
  localparam int unsigned Stages    = 13
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,
  input  logic                  numbers_i,    // beat_i has seed, first, chunks
  input  logic                  freeze_i,     // beat_i has key and limits
  input  logic [111:0]          beat_i,
  input  logic [6:0]            tile_channels_i, // of a burst's tiles but the last, with numbers_i
  input  logic                  start_i,      // with the last of them
  input  logic                  random_i,
  input  logic                  frozen_i,
  input  logic                  stop_i,
  input  logic                  next_i,       // the next chunk is the present one
  output logic                  frozen_there_o, // with the decoders
  output logic                  there_o,      // all groups of the chunk have been taken
  output logic                  taken_o,      // a group leaves the pipeline
  output logic                  signs_o,
  output logic [GroupBits-1:0]  group_o,
  output logic [Signers*16-1:0] sign_bits_o,
  output logic                  free_valid_o,
  output logic [5:0]            channel_o,
  output logic [15:0]           free_o,
  output logic [15:0]           locked_o,
  output logic [2:0]            level_o       // of locked weights
);
  if (Freeze != 0 && Signers != 8) begin : g_check
    $fatal(1, "Freeze needs 8 Signers: two weights a block, a channel of 16 a cycle");
  end
  logic [16*22-1:0] sign_keys, freeze_keys, keys;
  logic             sign_keys_done, freeze_keys_done, frozen;
  wd_speck_keys u_sign_keys (
    .clk_i, .rst_ni, .start_i(numbers_i), .seed_i(beat_i[63:0]), .done_o(sign_keys_done), .keys_o(sign_keys)
  );

  // Groups in their order: of each chunk the channels whose weights are frozen, then those whose signs are random.
  logic                 move, enters, wraps, chunk_ends, tile_ends, freezing_q, entered_freezing_q;
  logic [Stages-1:0]    valid_q;
  logic [7:0]           taken_q, all;
  logic [5:0]           group_q;
  logic [31:0]          chunk_q, first_q, entered_q;  // numbers: of the chunk in channel 0, of the group's first channel
  logic [31:0]          next_chunk_q;
  logic [6:0]           other_channels_q;            // of a tile, but the first
  logic [15:0]          chunks_q, left_q;
  logic [21:0]          tile_q;                       // from a tile's last chunk to the next one's first, of channel 0
  assign frozen         = Freeze != 0 && frozen_i;
  assign all            = (frozen ? 8'd64 : 8'd0) + (random_i ? 8'(Groups) : 8'd0);
  assign there_o        = taken_q == all;
  assign move           = !stop_i && !(valid_q[Stages-1] && there_o);
  assign taken_o        = move && valid_q[Stages-1];
  assign group_o        = taken_q[GroupBits-1:0];
  assign enters         = move && sign_keys_done && freeze_keys_done;
  assign wraps          = freezing_q ? group_q == 6'd63 : group_q == 6'(Groups - 1);
  assign chunk_ends     = wraps && !(freezing_q && random_i);
  assign tile_ends      = left_q == '0;
  always_ff @(posedge clk_i) begin
    if (numbers_i) begin
      chunk_q  <= beat_i[95:64];
      first_q  <= beat_i[95:64];
      chunks_q <= beat_i[111:96];
      other_channels_q <= tile_channels_i - 7'd1;
      left_q   <= beat_i[111:96] - 16'd1;
    end else if (enters) begin
      first_q <= chunk_ends ? next_chunk_q : wraps ? chunk_q : first_q + (freezing_q ? 32'(chunks_q) : 32'(chunks_q) * Signers);
      if (chunk_ends) begin
        chunk_q <= next_chunk_q;
        left_q  <= tile_ends ? chunks_q - 16'd1 : left_q - 16'd1;
      end
    end
    if (start_i) begin
      valid_q    <= '0;
      taken_q    <= '0;
      group_q    <= '0;
      freezing_q <= frozen;
    end else begin
      if (next_i) taken_q <= '0;
      else if (taken_o) taken_q <= taken_q + 1'b1;
      if (move) valid_q <= {valid_q[Stages-2:0], enters};
      if (enters) begin
        entered_q          <= first_q;
        entered_freezing_q <= freezing_q;
        group_q            <= wraps ? '0 : group_q + 1'b1;
        if (wraps) freezing_q <= frozen && chunk_ends;
      end
    end
  end

  // The pipeline's clock, and that of what follows from the numbers while the keys are made.
  logic clk_move, go_move, clk_numbers, go_numbers;
`ifdef SYNTHESIS
  wd_icg u_icg_move (.clk_i, .en_i(move), .clk_o(clk_move));
  wd_icg u_icg_numbers (.clk_i, .en_i(!sign_keys_done), .clk_o(clk_numbers));
  assign go_move    = 1'b1;
  assign go_numbers = 1'b1;
`else
  assign clk_move    = clk_i;
  assign clk_numbers = clk_i;
  assign go_move     = move;
  assign go_numbers  = !sign_keys_done;
`endif
  always_ff @(posedge clk_numbers) if (go_numbers) tile_q <= 22'(chunks_q) * 22'(other_channels_q) + 22'd1;
  // Before a group of the next chunk enters there is time for this.
  always_ff @(posedge clk_i) next_chunk_q <= chunk_q + (tile_ends ? 32'(tile_q) : 32'd1);
  logic [11:0]           freezing_stage_q;  // bit s: in stage s + 1; the last at the end
  logic [32*Signers-1:0] blocks;
  always_ff @(posedge clk_move) if (go_move) freezing_stage_q <= {freezing_stage_q[10:0], entered_freezing_q};
  for (genvar s = 0; s < Signers; s++) begin : g_signer
    logic [31:0] index_q, number;
    logic [20:0] ahead_q;                   // of the group's first channel
    logic [11:0] upper_q;                   // of the chunk in each stage
    assign number = entered_q + 32'(ahead_q);
    wd_speck u_speck (.clk_i, .move_i(move), .keys_i(keys), .index_i(index_q), .block_o(blocks[s*32+:32]));
    always_ff @(posedge clk_numbers) if (go_numbers) ahead_q <= 21'(chunks_q) * s;
    always_ff @(posedge clk_move) if (go_move) begin
      index_q <= Freeze != 0 && entered_freezing_q ? {entered_q[28:0], 3'(s)} : {1'b0, number[31:1]};
      upper_q <= {upper_q[10:0], number[0]};
    end
    assign sign_bits_o[s*16+:16] = upper_q[11] ? blocks[s*32+16+:16] : blocks[s*32+:16];
  end

  if (Freeze != 0) begin : g_freeze
    logic [16:0] pruned_q, frozen_q;
    logic [2:0]  level_q;
    logic [15:0] free, locked;
    logic        there_q;
    wd_speck_keys u_keys (
      .clk_i, .rst_ni, .start_i(freeze_i), .seed_i(beat_i[63:0]), .done_o(freeze_keys_done), .keys_o(freeze_keys)
    );
    always_ff @(posedge clk_i) begin
      if (freeze_i) begin
        pruned_q <= beat_i[80:64];
        frozen_q <= beat_i[100:84];
        level_q  <= beat_i[106:104];
      end
    end
    // The group in a stage of two rounds says whose keys they take.
    for (genvar r = 0; r < 22; r++) begin : g_key
      assign keys[r*16+:16] = freezing_stage_q[r/2] ? freeze_keys[r*16+:16] : sign_keys[r*16+:16];
    end
    for (genvar i = 0; i < 16; i++) begin : g_lane
      logic below_pruned, below_frozen;
      assign below_pruned = 17'(blocks[i*16+:16]) < pruned_q;
      assign below_frozen = 17'(blocks[i*16+:16]) < frozen_q;
      assign free[i]      = !below_pruned && !below_frozen;
      assign locked[i]    = !below_pruned && below_frozen;
    end
    assign level_o      = level_q;
    // What follows from a block takes a cycle.
    always_ff @(posedge clk_i) begin
      free_valid_o <= !start_i && taken_o && freezing_stage_q[11];
      there_q      <= !start_i && !next_i && taken_q[7:6] != '0;
      channel_o    <= taken_q[5:0];
      free_o       <= free;
      locked_o     <= locked;
    end
    assign frozen_there_o = !frozen || there_q;
    assign signs_o      = taken_o && !freezing_stage_q[11];
  end else begin : g_none
    assign freeze_keys      = '0;
    assign freeze_keys_done = 1'b1;
    assign keys             = sign_keys;
    assign frozen_there_o   = 1'b1;
    assign channel_o        = '0;
    assign free_o           = '0;
    assign locked_o         = '0;
    assign level_o          = '0;
    assign free_valid_o     = 1'b0;
    assign signs_o          = taken_o;
    logic unused;
    assign unused = &{1'b0, freeze_keys, freeze_i, freezing_stage_q[11]};
  end
endmodule
