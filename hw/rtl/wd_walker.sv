// SPDX-License-Identifier: Apache-2.0
// Walker: picks the set positions of its channel's rows, one a cycle, for the PEs of a set of groups.
//
// Shape     slots_i: the channel's words of all window slots; info_i by slot: {first plane, entry};
//           nonzero_i: the set's non-zero maps by entry; pick: one-hot of {entry, position}.
// Timing    a row issued in cycle E is taken from E + 1 on and walked from the cycle after the take; a walk in cycle t is at
//           the pick's outputs in t + 1. left_o: slots with work after this cycle.
// Test      testbench/rtl/core_test.cpp
module wd_walker #(
  parameter  int unsigned Chunk        = wd_arch_pkg::Chunk,
  parameter  int unsigned Window       = wd_arch_pkg::Window,
  parameter  int unsigned Entries      = wd_arch_pkg::Entries,
  parameter  int unsigned PlanesPerRow = wd_arch_pkg::PlanesPerRow,
  localparam int unsigned EntryBits    = Entries > 1 ? $clog2(Entries) : 1,
  localparam int unsigned InfoBits     = 2 + EntryBits,
  localparam int unsigned WordBits     = (PlanesPerRow + 1) * Chunk,
  localparam int unsigned WeightBits   = PlanesPerRow == 3 ? 3 : 2
) (
  input  logic                       clk_i,
  input  logic                       gate_i,
  input  logic                       clear_i,
  input  logic                       used_i,
  input  logic                       skip_weights_i,
  input  logic                       skip_bits_i,
  // issue of a row: pending where it has work for this walker
  input  logic [Window-1:0]          write_i,
  input  logic [Chunk-1:0]           issue_walk_i,
  input  logic [Chunk-1:0]           issue_nonzero_i,
  // window
  input  logic [Window-1:0]          older_i,        // slots from the oldest row's on
  input  logic [Window*WordBits-1:0] slots_i,
  input  logic [Window*InfoBits-1:0] info_i,
  input  logic [Entries*Chunk-1:0]   nonzero_i,
  output logic [Window-1:0]          left_o,
  output logic                       active_o,       // walks or takes
  output logic                       walked_o,       // in the cycle before
  // pick
  output logic [Entries*Chunk-1:0]   onehot_o,
  output logic                       valid_o,
  output logic                       negative_o,
  output logic [WeightBits-1:0]      weight_o,
  output logic                       high_o
);
  logic [Window-1:0]   pending_q, pending, choice, oldest, taken, slot_q;
  logic [Chunk-1:0]    rem_q, rest, onehot;
  logic                take, walks;
  assign walks    = rem_q != '0;
  assign rest     = rem_q & (rem_q - Chunk'(1));
  assign onehot   = rem_q & ~rest;
  assign take     = rest == '0 && pending_q != '0;
  // The oldest pending row: the lowest slot of those not wrapped round, else the lowest.
  assign choice   = (pending_q & older_i) != '0 ? pending_q & older_i : pending_q;
  assign oldest   = choice & (~choice + Window'(1));
  assign taken    = take ? oldest : '0;
  assign pending  = (pending_q & ~taken) | ((issue_walk_i & issue_nonzero_i) != '0 ? write_i : '0);
  assign left_o   = pending_q | (rest != '0 ? slot_q : '0);
  assign active_o = walks || pending_q != '0;

  // Of the row that is taken next, whether now or later: the positions to walk.
  logic [WordBits-1:0] next_word, word;
  logic [InfoBits-1:0] next_info, info;
  logic [Chunk-1:0]    walk, nonzero, any;
  always_comb begin
    next_word = '0;
    next_info = '0;
    nonzero   = '0;
    any       = '0;
    for (int unsigned s = 0; s < Window; s++) begin
      next_word = next_word | (slots_i[s*WordBits+:WordBits] & {WordBits{oldest[s]}});
      next_info = next_info | (info_i[s*InfoBits+:InfoBits] & {InfoBits{oldest[s]}});
    end
    for (int unsigned e = 0; e < Entries; e++)
      nonzero = nonzero | (nonzero_i[e*Chunk+:Chunk] & {Chunk{next_info[EntryBits-1:0] == EntryBits'(e)}});
    for (int unsigned j = 0; j < PlanesPerRow; j++) any = any | next_word[j*Chunk+:Chunk];
  end
  wd_walker_map #(.Chunk(Chunk)) u_map (
    .used_i, .skip_weights_i, .skip_bits_i, .first_i(next_info[InfoBits-1:EntryBits] == 2'd0), .set_i(any),
    .nonzero_i(any | next_word[PlanesPerRow*Chunk+:Chunk]), .walk_o(walk)
  );

  // Of the row that is walked: the picked weight. Its slot keeps it until the cycle after the last walk.
  logic [PlanesPerRow-1:0] bits;
  logic                    negative, high;
  assign high = PlanesPerRow != 3 && info[InfoBits-1:EntryBits] == 2'd2;
  always_comb begin
    word = '0;
    info = '0;
    for (int unsigned s = 0; s < Window; s++) begin
      word = word | (slots_i[s*WordBits+:WordBits] & {WordBits{slot_q[s]}});
      info = info | (info_i[s*InfoBits+:InfoBits] & {InfoBits{slot_q[s]}});
    end
    for (int unsigned j = 0; j < PlanesPerRow; j++) bits[j] = |(word[j*Chunk+:Chunk] & onehot);
    negative = |(word[PlanesPerRow*Chunk+:Chunk] & onehot);
  end

  logic on_pending, on_slot, on_pick, go_pending, go_slot, go_pick, clk_pending, clk_slot, clk_pick;
  assign on_pending = !gate_i || clear_i || write_i != '0 || take;
  assign on_slot    = !gate_i || take;
  assign on_pick    = !gate_i || clear_i || walks || walked_o;
`ifdef SYNTHESIS
  wd_icg u_icg_pending (.clk_i, .en_i(on_pending), .clk_o(clk_pending));
  wd_icg u_icg_slot (.clk_i, .en_i(on_slot), .clk_o(clk_slot));
  wd_icg u_icg_pick (.clk_i, .en_i(on_pick), .clk_o(clk_pick));
  assign {go_pending, go_slot, go_pick} = '1;
`else
  assign {clk_pending, clk_slot, clk_pick} = {3{clk_i}};
  assign {go_pending, go_slot, go_pick}    = {on_pending, on_slot, on_pick};
`endif
  always_ff @(posedge clk_pending) begin
    if (go_pending) pending_q <= clear_i ? '0 : pending;
  end
  always_ff @(posedge clk_slot) begin
    if (go_slot) slot_q <= take ? taken : slot_q;
  end
  always_ff @(posedge clk_pick) begin
    if (go_pick) begin
      walked_o   <= walks && !clear_i;
      valid_o    <= bits != '0 && !clear_i;  // no bit where no position is left
      negative_o <= negative;
      high_o     <= high && bits[0];
      weight_o   <= high ? '0 : PlanesPerRow == 1 && info[InfoBits-1:EntryBits] == 2'd1 ? WeightBits'({bits, 1'b0}) : WeightBits'(bits);
    end
  end

  // A walker stays for a while in one half of the positions, and in one entry: what is elsewhere waits, or is zero, without a clock.
  localparam int unsigned Half = Chunk / 2;
  logic [Chunk-1:0] rem;
  logic [1:0]       walks_half;
  assign rem        = clear_i ? '0 : take ? walk & nonzero : rest;
  assign walks_half = {rem_q[Half-1:0] == '0 && walks, rem_q[Half-1:0] != '0};
  for (genvar h = 0; h < 2; h++) begin : g_half
    logic            on_rem, go_rem, clk_rem;
    logic [Half-1:0] half_q;
    assign on_rem = !gate_i || clear_i || take || walks_half[h];
`ifdef SYNTHESIS
    wd_icg u_icg (.clk_i, .en_i(on_rem), .clk_o(clk_rem));
    assign go_rem = 1'b1;
`else
    assign clk_rem = clk_i;
    assign go_rem  = on_rem;
`endif
    always_ff @(posedge clk_rem) begin
      if (go_rem) half_q <= rem[h*Half+:Half];
    end
    assign rem_q[h*Half+:Half] = half_q;

    for (genvar e = 0; e < Entries; e++) begin : g_entry
      logic            here, on_part, go_part, clk_part;
      logic [Half-1:0] part_q;
      assign here    = info[EntryBits-1:0] == EntryBits'(e);
      assign on_part = !gate_i || clear_i || part_q != '0 || (walks_half[h] && here);
`ifdef SYNTHESIS
      wd_icg u_icg (.clk_i(clk_pick), .en_i(on_part), .clk_o(clk_part));
      assign go_part = 1'b1;
`else
      assign clk_part = clk_i;
      assign go_part  = go_pick && on_part;
`endif
      always_ff @(posedge clk_part) begin
        if (go_part) part_q <= here ? onehot[h*Half+:Half] : '0;
      end
      assign onehot_o[e*Chunk+h*Half+:Half] = part_q;
    end
  end
endmodule
