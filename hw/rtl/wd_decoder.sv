// SPDX-License-Identifier: Apache-2.0
// Weight decoder: turns a coded burst into rows of bit-plane words, with decoders in lockstep.
//
// Shape     beats as docs/formats.md, "Coded weights"; a row is 64 words {sign[16], mask[16]}, plane by plane of a chunk.
// Timing    hw/formats/stream/chip_decoder.hpp, cycle for cycle. A beat is taken in a cycle with valid_i and ready_o; a row
//           is written in a cycle with row_valid_o. start_i in the cycle before the first; busy_o until the last row. ended_i: no more
//           beats come, so that a wait for one is a fault.
// Energy    each part has its clock only where it moves; where a flop's enable is no gate's (simulation), `go` is the enable.
// Errors    fault_o from the cycle behind the last on: a cause of chip_code.hpp, 0 for none, until the next start_i.
// Test      testbench/rtl/decoder_test.cpp
module wd_decoder #(
  parameter  int unsigned Decoders = 32,   // 1, 2, 4, 8, 16 or 32
  parameter  int unsigned Entries  = 32,   // of the table: 16 to 128
  parameter  int unsigned Signers  = 8,    // channels whose signs are made in a cycle; 1, 2, 4 .. 32
  parameter  int unsigned Freeze   = 0     // 1: frozen weights are made here, too; needs 8 Signers
) (
  input  logic          clk_i,
  input  logic          rst_ni,
  input  logic          start_i,
  output logic          busy_o,
  output logic [2:0]    fault_o,
  input  logic          valid_i,
  output logic          ready_o,
  input  logic [127:0]  beat_i,
  input  logic          ended_i,
  output logic          row_valid_o,
  output logic [2047:0] row_o,
  // activity in this cycle
  output logic [3:0]    words_taken_o,  // by decoders
  output logic          group_taken_o   // of signs, from the generator
);
  localparam int unsigned CodeBits = 12, SymbolBits = 9;
  localparam int unsigned Slots = 64 / Decoders, SlotBits = $clog2(Slots + 1), AtBits = $clog2(16 * Slots + 1);
  localparam int unsigned PlaceBits = $clog2(Entries);
  localparam int unsigned GroupBits = $clog2(64 / Signers);
  if (Decoders > 32 || 64 % Decoders != 0 || Entries < 16 || Entries > 128 || Signers > 32 || 64 % Signers != 0) begin : g_check
    $fatal(1, "Decoders must be 1, 2, 4, 8, 16 or 32, Entries 16 to 128, Signers 1, 2, 4, 8, 16 or 32");
  end
  typedef enum logic [2:0] { FAULT_NONE, FAULT_HEADER, FAULT_TABLE, FAULT_CODE, FAULT_CUT, FAULT_OVERRUN, FAULT_EXCESS } fault_e;
  typedef enum logic [3:0] { IDLE, HEADER, LENGTHS, CHECK, SYMBOLS, NUMBERS, FREEZE, STREAM } state_e;
  state_e state_q;
  fault_e fault_q;
  assign busy_o  = state_q != IDLE;
  assign fault_o = fault_q;

  // Beats that are held; of the first, words that are used.
  logic [127:0] beat0_q, beat1_q, beat2_q;
  logic [1:0]   held_q, kept;
  logic [2:0]   used_q;
  logic [3:0]   used_words;
  logic         take, drop, push;
  assign ready_o = busy_o && held_q != 2'd3;
  assign push    = valid_i && ready_o;
  assign kept    = held_q - 2'(drop);
  logic [2:0]   on_beat, clk_beat, go_beat;
  assign on_beat = {push && kept == 2'd2, drop || (push && kept == 2'd1), drop || (push && kept == 2'd0)};
`ifdef SYNTHESIS
  for (genvar b = 0; b < 3; b++) begin : g_beat
    wd_icg u_icg (.clk_i, .en_i(on_beat[b]), .clk_o(clk_beat[b]));
  end
  assign go_beat = '1;
`else
  assign clk_beat = {3{clk_i}};
  assign go_beat  = on_beat;
`endif
  always_ff @(posedge clk_i) begin
    if (start_i) held_q <= '0;
    else held_q <= kept + 2'(push);
  end
  always_ff @(posedge clk_beat[0]) if (go_beat[0]) beat0_q <= push && kept == 2'd0 ? beat_i : beat1_q;
  always_ff @(posedge clk_beat[1]) if (go_beat[1]) beat1_q <= push && kept == 2'd1 ? beat_i : beat2_q;
  always_ff @(posedge clk_beat[2]) if (go_beat[2]) beat2_q <= beat_i;

  // Header.
  logic [15:0] chunks_q, narrow_chunks_q;  // that have not begun
  logic [6:0]  narrow_channels_q;
  logic [7:0]  entries_q;
  logic [1:0]  planes_q, raw_log_q;
  logic        has_signs_q, random_signs_q, frozen_q, generates;
  logic [2:0]  run_log_q;
  logic [23:0] words_q;                    // not granted yet
  logic [3:0]  escape_bits_q;
  logic [CodeBits-1:0] escape_code_q, escape_mask;
  logic        usable;
  assign usable = planes_q != '0 && (chunks_q != '0 || narrow_chunks_q != '0) && narrow_channels_q <= 7'd64
               && entries_q != '0 && entries_q <= 8'(Entries) && !(has_signs_q && generates) && !(frozen_q && Freeze == 0)
               && escape_bits_q <= 4'(CodeBits);
  assign generates = random_signs_q || frozen_q;
  assign escape_mask = ~(CodeBits'({CodeBits{1'b1}}) >> escape_bits_q);

  // Chunks.
  logic                finished, there, frozen_there, rows, last_row, begins, step, last_chunk, enters;
  logic [1:0]          plane_q;
  logic [2:0]          stepped_q;          // in the last three cycles
  logic [6:0]          channels, channels_q;  // of the next chunk, of the present one
  logic [Decoders-1:0] unit_finished, place, sign, left_over, bad_code, cut, asks, granted;
  logic [Decoders*AtBits-1:0] position;
  logic [Decoders*3-1:0]      level;
  logic [Decoders*16-1:0]     words;
  logic [3:0]          most, count;
  logic [23:0]         words_left;
  logic [19:0]         fewer;
  logic                borrow;
  logic [4:0]          words_held;
  logic                wants_step, wants_beat, starves;
  assign finished    = &unit_finished;
  assign rows        = state_q == STREAM && finished && there && frozen_there && !(frozen_q && stepped_q != '0);
  assign row_valid_o = rows;
  assign last_row    = rows && plane_q + 2'd1 == planes_q;
  assign last_chunk  = chunks_q == '0 && narrow_chunks_q == '0;
  assign enters      = take && (state_q == FREEZE || (state_q == NUMBERS && !frozen_q)
                             || (state_q == SYMBOLS && symbols_last && !generates));  // STREAM
  assign begins      = enters || (last_row && !last_chunk);
  assign channels    = chunks_q != '0 ? 7'd64 : narrow_channels_q;

  // Words. A step needs those that it might take.
  assign most       = words_q[23:3] != '0 ? 4'd8 : {1'b0, words_q[2:0]};
  assign words_held = {held_q, 3'd0} - 5'(used_q);
  assign wants_step = state_q == STREAM && !finished && frozen_there;
  assign step       = wants_step && words_held >= 5'(most);
  assign starves    = ended_i && (wants_step ? words_held < 5'(most) : held_q == '0 && wants_beat);
  assign used_words = 4'(used_q) + count;
  // The upper bits' decrement does not wait for the count.
  assign {borrow, words_left[3:0]} = {1'b0, words_q[3:0]} - 5'(count);
  assign fewer             = words_q[23:4] - 20'd1;
  assign words_left[23:4]  = borrow ? fewer : words_q[23:4];
  assign wants_beat = state_q == HEADER || (state_q == LENGTHS && usable) || state_q == SYMBOLS || state_q == NUMBERS || state_q == FREEZE;
  assign take       = held_q != '0 && wants_beat;
  assign drop       = take || (step && used_words[3]);
  wd_decoder_words #(.Decoders(Decoders)) u_words (
    .asks_i(asks), .most_i(most), .used_i(used_q), .beats_i({beat1_q, beat0_q}), .granted_o(granted), .words_o(words), .count_o(count)
  );

  logic [3:0] cycle_q;                     // of CHECK
  logic [2:0] symbols_at_q;                // beat of SYMBOLS
  logic       symbols_last, complete;
  assign symbols_last = 8'({symbols_at_q, 4'd0}) + 8'd16 >= entries_q;
  logic [CodeBits*(CodeBits+3)/2-1:0] ends;
  logic [CodeBits*PlaceBits-1:0]    offsets;
  logic [Entries*SymbolBits-1:0]    symbols;
  wd_decoder_table #(.Entries(Entries), .CodeBits(CodeBits), .SymbolBits(SymbolBits)) u_table (
    .clk_i, .lengths_i(state_q == LENGTHS), .check_i(state_q == CHECK), .symbols_i(take && state_q == SYMBOLS),
    .at_i(symbols_at_q), .beat_i(beat0_q), .entries_i(entries_q), .planes_i(planes_q), .has_signs_i(has_signs_q),
    .raw_log_i(raw_log_q), .complete_o(complete), .ends_o(ends), .offsets_o(offsets), .symbols_o(symbols)
  );

  for (genvar d = 0; d < Decoders; d++) begin : g_unit
    logic [SlotBits-1:0] slots;
    // Channels d, d + Decoders, ... below `channels`.
    assign slots = SlotBits'((channels + 7'(Decoders - 1 - d)) >> $clog2(Decoders));
    wd_decoder_unit #(.Slots(Slots), .Entries(Entries), .CodeBits(CodeBits), .SymbolBits(SymbolBits), .Freeze(Freeze)) u_unit (
      .clk_i, .start_i(enters), .begin_i(begins), .slots_i(slots), .step_i(step),
      .asks_o(asks[d]), .granted_i(step && granted[d]), .word_i(words[d*16+:16]), .no_more_i(words_q == '0),
      .ends_i(ends), .offsets_i(offsets), .symbols_i(symbols), .raw_log_i(raw_log_q), .escape_bits_i(escape_bits_q),
      .escape_code_i(escape_code_q), .escape_mask_i(escape_mask), .escape_run_i(8'd1 << run_log_q),
      .frozen_i(frozen_q), .free_i(free_valid && (32'(channel) & (Decoders - 1)) == d), .free_lanes_i(free_lanes), .free_count_i(free_count),
      .free_last_i(free_valid && channel == '1),
      .finished_o(unit_finished[d]), .place_o(place[d]), .position_o(position[d*AtBits+:AtBits]), .level_o(level[d*3+:3]),
      .sign_o(sign[d]), .left_over_o(left_over[d]), .bad_code_o(bad_code[d]), .cut_o(cut[d])
    );
  end

  // Signs and frozen weights.
  logic                  group_taken, signs_valid, free_valid;
  logic [GroupBits-1:0]  signs_group;
  logic [Signers*16-1:0] sign_bits;
  logic [5:0]            channel;
  logic [15:0]           free_lanes, locked_lanes;
  logic [4:0]            free_count;
  logic [2:0]            locked_level;
  always_comb begin
    free_count = '0;
    for (int unsigned i = 0; i < 16; i++) free_count = free_count + 5'(free_lanes[i]);
  end
  wd_decoder_chunk #(.Decoders(Decoders), .Signers(Signers)) u_chunk (
    .clk_i, .clear_i(enters || last_row), .place_i(place), .position_i(position), .level_i(level), .sign_i(sign),
    .signs_i(signs_valid), .group_i(signs_group), .sign_bits_i(sign_bits), .locked_i(free_valid && 7'(channel) < channels_q), .channel_i(channel),
    .locked_lanes_i(locked_lanes), .locked_level_i(locked_level), .plane_i(plane_q), .row_o(row_o)
  );
  wd_decoder_generator #(.Signers(Signers), .Freeze(Freeze)) u_generator (
    .clk_i, .rst_ni, .numbers_i(take && state_q == NUMBERS), .freeze_i(take && state_q == FREEZE), .beat_i(beat0_q[111:0]), .tile_channels_i(channels), .start_i(enters),
    .random_i(random_signs_q), .frozen_i(frozen_q), .stop_i(state_q != STREAM || !generates || rows), .next_i(last_row),
    .frozen_there_o(frozen_there), .there_o(there), .taken_o(group_taken), .signs_o(signs_valid), .group_o(signs_group), .sign_bits_o(sign_bits),
    .free_valid_o(free_valid), .channel_o(channel), .free_o(free_lanes), .locked_o(locked_lanes), .level_o(locked_level)
  );

  assign words_taken_o = step ? count : '0;
  assign group_taken_o = group_taken && !starves;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= IDLE;
      fault_q <= FAULT_NONE;
    end else if (start_i) begin
      state_q <= HEADER;
      fault_q <= FAULT_NONE;
    end else if (starves) begin
      state_q <= IDLE;
      fault_q <= FAULT_CUT;
    end else begin
      case (state_q)
        HEADER:  if (take) state_q <= LENGTHS;
        LENGTHS: begin
          if (!usable) begin
            state_q <= IDLE;
            fault_q <= FAULT_HEADER;
          end else if (take) state_q <= CHECK;
        end
        CHECK: if (cycle_q == 4'(CodeBits)) begin
          state_q <= complete ? SYMBOLS : IDLE;
          if (!complete) fault_q <= FAULT_TABLE;
        end
        SYMBOLS: if (take && symbols_last) state_q <= generates ? NUMBERS : STREAM;
        NUMBERS: if (take) state_q <= frozen_q ? FREEZE : STREAM;
        FREEZE:  if (take) state_q <= STREAM;
        STREAM: begin
          if (bad_code != '0 || cut != '0) begin
            state_q <= IDLE;
            fault_q <= bad_code != '0 ? FAULT_CODE : FAULT_CUT;
          end else if (last_row && last_chunk) begin
            state_q <= IDLE;
            fault_q <= left_over != '0 ? FAULT_OVERRUN : words_q != '0 ? FAULT_EXCESS : FAULT_NONE;
          end
        end
        default: state_q <= IDLE;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (take && state_q == HEADER) begin
      {narrow_channels_q, narrow_chunks_q, chunks_q} <= beat0_q[38:0];
      entries_q      <= beat0_q[47:40];
      planes_q       <= beat0_q[49:48];
      has_signs_q    <= beat0_q[50];
      random_signs_q <= beat0_q[51];
      run_log_q      <= beat0_q[54:52];
      raw_log_q      <= beat0_q[57:56];
      frozen_q       <= beat0_q[58];
      words_q        <= beat0_q[87:64];
      escape_bits_q  <= beat0_q[91:88];
      escape_code_q  <= beat0_q[96+:CodeBits];
    end else begin
      if (step) words_q <= words_left;
      if (begins && chunks_q != '0) chunks_q <= chunks_q - 16'd1;
      if (begins && chunks_q == '0) narrow_chunks_q <= narrow_chunks_q - 16'd1;
    end
    stepped_q    <= {stepped_q[1:0], step};
    if (begins) channels_q <= channels;
    cycle_q      <= state_q == CHECK ? cycle_q + 4'd1 : '0;
    symbols_at_q <= state_q != SYMBOLS ? '0 : symbols_at_q + 3'(take);
    if (enters) begin
      used_q  <= '0;
      plane_q <= '0;
    end else begin
      if (step) used_q <= used_words[2:0];
      if (rows) plane_q <= last_row ? '0 : plane_q + 2'd1;
    end
  end
endmodule
