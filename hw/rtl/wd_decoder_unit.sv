// SPDX-License-Identifier: Apache-2.0
// One of the weight decoder's decoders: looks up code words of its stream and says where their weights lie in the chunk.
//
// Shape     position_o: of its channels' lanes, 16 a channel. The table is shared: ends of code words by length, right-justified;
//           a symbol is {class, level, sign}.
// Timing    all registers move with step_i, as hw/formats/stream/chip_steps.hpp has it: look-up, token, placing, a step each.
//           The loop from held bits to held bits is compare, select, shift; nothing else of a step is in it.
// Test      testbench/rtl/decoder_test.cpp
module wd_decoder_unit #(
  parameter  int unsigned Slots      = 4,   // channels
  parameter  int unsigned Entries    = 32,
  parameter  int unsigned CodeBits   = 12,
  parameter  int unsigned SymbolBits = 9,
  parameter  int unsigned Freeze     = 0,
  localparam int unsigned PlaceBits  = $clog2(Entries),
  localparam int unsigned SlotBits   = $clog2(Slots + 1),
  localparam int unsigned AtBits     = $clog2(16 * Slots + 1)
) (
  input  logic                              clk_i,
  input  logic                              start_i,       // a stream begins
  input  logic                              begin_i,       // a chunk begins
  input  logic [SlotBits-1:0]               slots_i,       // with so many of the channels
  input  logic                              step_i,
  // words
  output logic                              asks_o,
  input  logic                              granted_i,
  input  logic [15:0]                       word_i,
  input  logic                              no_more_i,     // words for any decoder
  // table
  input  logic [CodeBits*(CodeBits+3)/2-1:0] ends_i,       // of length l at (l - 1) * (l + 2) / 2, l + 1 bits
  input  logic [CodeBits*PlaceBits-1:0]     offsets_i,
  input  logic [Entries*SymbolBits-1:0]     symbols_i,
  input  logic [1:0]                        raw_log_i,
  input  logic [3:0]                        escape_bits_i,
  input  logic [CodeBits-1:0]               escape_code_i, // left-justified
  input  logic [CodeBits-1:0]               escape_mask_i,
  input  logic [7:0]                        escape_run_i,
  // frozen weights
  input  logic                              frozen_i,
  input  logic                              free_i,        // the next of the channels' free lanes
  input  logic [15:0]                       free_lanes_i,
  input  logic [4:0]                        free_count_i,
  input  logic                              free_last_i,   // of the chunk, for any decoder
  // chunk
  output logic                              finished_o,
  output logic                              place_o,
  output logic [AtBits-1:0]                 position_o,
  output logic [2:0]                        level_o,
  output logic                              sign_o,
  output logic                              left_over_o,   // a weight behind the chunk is pending
  output logic                              bad_code_o,
  output logic                              cut_o
);
  localparam int unsigned HeldBits = 39;  // 2 * CodeBits - 1 and a word
  localparam int unsigned RunBits  = 8;
  localparam int unsigned SumBits  = (AtBits > RunBits ? AtBits : RunBits) + 1;

  // Stream.
  logic [HeldBits-1:0] held_q, joined;
  logic [5:0]          bits_q;
  logic [15:0]         word_q;
  logic                word_valid_q, finished_q, pending_valid_q;
  logic                advance, look;
  // Whether it has less than two code words' bits, its word included: kept, as the sum over the decoders takes long.
  logic [5:0]          bits_d;
  assign bits_d  = bits_q + (word_valid_q ? 6'd16 : 6'd0) - 6'(taken);
  assign advance = !finished_q && !pending_valid_q;
  assign look    = advance && (bits_q >= 6'(CodeBits) || (no_more_i && !word_valid_q));
  assign joined  = held_q | (word_valid_q ? {word_q, 23'd0} >> bits_q : '0);

  // Look-up: the first length whose code words end behind the window.
  logic [CodeBits-1:0]  window, below, first;
  logic [PlaceBits-1:0] code, offset;
  logic [2:0]           raw;
  logic [3:0]           length, amount, taken;
  logic                 escape;
  assign window = held_q[HeldBits-1-:CodeBits];
  for (genvar l = 1; l <= CodeBits; l++) begin : g_length
    assign below[l-1] = {1'b0, window[CodeBits-1-:l]} < ends_i[(l-1)*(l+2)/2+:l+1];
    if (l == 1) begin : g_first
      assign first[0] = below[0];
    end else begin : g_later
      assign first[l-1] = below[l-1] && !below[l-2];
    end
  end
  logic [CodeBits+2:0] padded;
  assign padded = {window, 3'b000};
  always_comb begin
    code   = '0;
    offset = '0;
    raw    = '0;
    length = '0;
    for (int unsigned l = 1; l <= CodeBits; l++)
      if (first[l-1]) begin
        code   = code | PlaceBits'(window >> (CodeBits - l));
        offset = offset | offsets_i[(l-1)*PlaceBits+:PlaceBits];
        raw    = raw | padded[CodeBits-l+:3];
        length = length | 4'(l);
      end
  end
  assign escape = escape_bits_i != '0 && ((window ^ escape_code_i) & escape_mask_i) == '0;
  assign amount = escape ? escape_bits_i : length == '0 ? '0 : length + 4'(raw_log_i);
  assign taken  = look ? amount : '0;

  logic                 looked_q, escape_q, bad_code_q, cut_q;
  logic [PlaceBits-1:0] code_q, offset_q;
  logic [2:0]           raw_q;

  // Token.
  logic [PlaceBits-1:0]  entry;
  logic [SymbolBits-1:0] symbol;
  logic [RunBits-1:0]    run;
  assign entry  = code_q + offset_q;
  assign symbol = symbols_i[32'(entry)*SymbolBits+:SymbolBits];
  always_comb begin
    unique case (raw_log_i)
      2'd0:    run = RunBits'(symbol[SymbolBits-1:4]);
      2'd1:    run = RunBits'({symbol[SymbolBits-1:4], raw_q[2]});
      2'd2:    run = RunBits'({symbol[SymbolBits-1:4], raw_q[2:1]});
      default: run = RunBits'({symbol[SymbolBits-1:4], raw_q});
    endcase
  end

  typedef struct packed {
    logic [RunBits-1:0] run;
    logic [2:0]         level;  // 0: no weight
    logic               sign;
  } token_t;
  token_t token_q, pending_q, placed;
  logic   token_valid_q, token_bad_q, token_cut_q, valid;

  // Placing.
  logic [AtBits-1:0]  at_q, size;
  logic [AtBits-1:0]  size_q, free_size;
  logic [SumBits-1:0] sum;
  logic                weight, placeable, fills;
  assign size   = size_q;
  assign valid  = pending_valid_q || token_valid_q;
  assign placed = pending_valid_q ? pending_q : token_q;
  assign weight = placed.level != '0;
  assign sum    = SumBits'(at_q) + SumBits'(placed.run);
  assign placeable = sum < SumBits'(size) || (!weight && sum == SumBits'(size));
  // The chunk is full: a weight on its last place, zeros to its end, or a run beyond it.
  assign fills  = valid && (sum >= SumBits'(size) || (weight && sum == SumBits'(size) - 1'b1));
  assign finished_o  = finished_q;
  logic place;
  assign place       = step_i && !finished_q && valid && placeable && weight;
  if (Freeze != 0) begin : g_freeze
    logic              free_place;
    logic [AtBits-1:0] free_position;
    logic [3:0]        free_value;
    wd_decoder_free #(.Slots(Slots)) u_free (
      .clk_i, .start_i, .begin_i, .slots_i, .free_i, .lanes_i(free_lanes_i), .count_i(free_count_i), .size_o(free_size),
      .place_i(place && frozen_i), .position_i(AtBits'(sum)), .value_i({placed.level, placed.sign}),
      .place_o(free_place), .position_o(free_position), .value_o(free_value)
    );
    assign place_o           = frozen_i ? free_place : place;
    assign position_o        = frozen_i ? free_position : AtBits'(sum);
    assign {level_o, sign_o} = frozen_i ? free_value : {placed.level, placed.sign};
  end else begin : g_flat
    assign free_size         = '0;
    assign place_o           = place;
    assign position_o        = AtBits'(sum);
    assign {level_o, sign_o} = {placed.level, placed.sign};
    logic unused;
    assign unused = &{1'b0, free_i, free_lanes_i, free_count_i};
  end
  assign left_over_o = pending_valid_q && pending_q.level != '0;
  assign bad_code_o  = step_i && advance && token_valid_q && token_bad_q;
  assign cut_o       = step_i && advance && token_valid_q && token_cut_q;

  // A finished decoder still takes words; a token waits only for the next chunk. at: of the chunk.
  logic on_step, on_token, on_wait, clk_step, clk_token, clk_wait, clk_at, go_step, go_token, go_wait;
  logic moves, waits;
  assign moves    = step_i && (!finished_q || word_valid_q || asks_o);
  assign waits    = valid && !placeable;
  assign on_step  = start_i || moves;
  assign on_token = step_i && advance;
  assign on_wait  = step_i && !finished_q && waits;
`ifdef SYNTHESIS
  wd_icg u_icg_step  (.clk_i, .en_i(on_step), .clk_o(clk_step));
  wd_icg u_icg_token (.clk_i, .en_i(on_token), .clk_o(clk_token));
  wd_icg u_icg_wait  (.clk_i, .en_i(on_wait), .clk_o(clk_wait));
  wd_icg u_icg_at    (.clk_i, .en_i(begin_i || free_last_i || (step_i && !finished_q && valid)), .clk_o(clk_at));
  assign go_step  = 1'b1;
  assign go_token = 1'b1;
  assign go_wait  = 1'b1;
`else
  assign clk_step  = clk_i;
  assign clk_token = clk_i;
  assign clk_wait  = clk_i;
  assign clk_at    = clk_i;
  assign go_step   = on_step;
  assign go_token  = on_token;
  assign go_wait   = on_wait;
`endif
  always_ff @(posedge clk_step) if (go_step) begin
    if (start_i) begin
      held_q          <= '0;
      bits_q          <= '0;
      asks_o          <= 1'b1;
      word_valid_q    <= 1'b0;
      looked_q        <= 1'b0;
      token_valid_q   <= 1'b0;
      pending_valid_q <= 1'b0;
    end else begin
      held_q       <= joined << taken;
      bits_q       <= bits_d;
      asks_o       <= granted_i ? bits_d < 6'd8 : bits_d < 6'd24;
      word_valid_q <= granted_i;
      if (advance) begin
        looked_q      <= look;
        token_valid_q <= looked_q;
      end
      if (!finished_q) pending_valid_q <= waits;
    end
    if (granted_i) word_q <= word_i;
  end
  always_ff @(posedge clk_token) if (go_token) begin
    escape_q      <= escape;
    bad_code_q    <= !escape && !below[CodeBits-1];
    cut_q         <= 6'(amount) > bits_q;
    code_q        <= code;
    offset_q      <= offset;
    raw_q         <= raw;
    token_q.run   <= escape_q ? escape_run_i : run;
    token_q.level <= escape_q ? 3'd0 : symbol[3:1];
    token_q.sign  <= symbol[0];
    token_bad_q   <= bad_code_q;
    token_cut_q   <= cut_q;
  end
  always_ff @(posedge clk_wait) if (go_wait) begin
    pending_q     <= placed;
    pending_q.run <= RunBits'(sum - SumBits'(size));
  end

  always_ff @(posedge clk_at) begin
    if (begin_i) begin
      at_q       <= '0;
      size_q     <= AtBits'({slots_i, 4'd0});
      finished_q <= !frozen_i && slots_i == '0;
    end else if (free_last_i) begin
      size_q     <= free_size;
      finished_q <= free_size == '0;
    end else if (step_i && !finished_q && valid) begin
      at_q       <= AtBits'(sum) + AtBits'(weight);
      finished_q <= fills;
    end
  end
endmodule
