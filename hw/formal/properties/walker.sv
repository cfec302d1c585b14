// SPDX-License-Identifier: Apache-2.0
// Walker and its picks: what has work is walked, once, in order, and nothing else.
//
// What      follows a row that is any one of those issued. Slots are written in turn, each when it has been free for a cycle, and maps of an entry when no slot of it has
//           work, as the dispatcher does.
// Proves    picks are one-hot, in the row's entry, with the weight and sign that its word has; of the positions to walk each is walked once, the lower before the
//           higher, and no other; a row without such a position is never picked from; rows are walked in the order of their issue, one a cycle without gaps;
//           when no slot is left nothing moves any more, and a row has been walked after at most (Window + 1) * Chunk cycles.
// Modules   wd_walker wd_walker_map
// Runs      Chunk=8 Window=2 Entries=2 PlanesPerRow=2; Chunk=4 Window=3 Entries=3 PlanesPerRow=1; Chunk=4 Window=4 Entries=2 PlanesPerRow=3
// Depth     1
// Finds     14
// Planted   wd_walker: rest     = rem_q & (rem_q - Chunk'(1)) -> rest     = rem_q & (rem_q - Chunk'(2))
// Planted   wd_walker: assign take     = rest == '0 && pending_q != '0 -> assign take     = rem_q == '0 && pending_q != '0
// Planted   wd_walker: (pending_q & older_i) != '0 ? pending_q & older_i : pending_q -> pending_q
// Planted   wd_walker: left_o   = pending_q | (rest != '0 ? slot_q : '0) -> left_o   = pending_q
// Planted   wd_walker: part_q <= here ? onehot[h*Half+:Half] : '0 -> part_q <= onehot[h*Half+:Half]
// Planted   wd_walker: assign on_rem = !gate_i || clear_i || take || walks_half[h] -> assign on_rem = !gate_i || clear_i || take || walks_half[0]
// Planted   wd_walker_map: zeros ? ~nonzero_i -> zeros && !skip_bits_i ? ~nonzero_i
module walker #(
  parameter  int unsigned Chunk        = 8,
  parameter  int unsigned Window       = 2,
  parameter  int unsigned Entries      = 2,
  parameter  int unsigned PlanesPerRow = 2,
  localparam int unsigned EntryBits    = Entries > 1 ? $clog2(Entries) : 1,
  localparam int unsigned InfoBits     = 2 + EntryBits,
  localparam int unsigned WordBits     = (PlanesPerRow + 1) * Chunk,
  localparam int unsigned WeightBits   = PlanesPerRow == 3 ? 3 : 2
) (
  input logic                 clk_i,
  input logic                 gate_i,
  input logic                 clear_i,
  input logic                 issue_i,
  input logic                 follow_i,  // this issue is the one that is followed
  input logic [WordBits-1:0]  word_i,    // of the issued row: {sign, masks}
  input logic [1:0]           plane_i,
  input logic [EntryBits-1:0] entry_i,
  input logic                 load_i,    // the entry gets another map
  input logic [Chunk-1:0]     staged_i
);
  (* anyconst *) logic used, skip_weights, skip_bits;  // do not change while there is work

  // After reset, four cycles of clear; later ones when there is no work.
  logic [2:0] phase_q;
  logic       live;
  initial phase_q = 3'd0;
  assign live = phase_q == 3'd4;
  always_ff @(posedge clk_i) if (!live) phase_q <= phase_q + 3'd1;

  // The window, as dispatcher, lanes and set have it.
  logic [Window-1:0]          write, left, left_q, older, same_entry;
  int unsigned                turn_q;
  logic [Window*WordBits-1:0] slots_q;
  logic [Window*InfoBits-1:0] info_q;
  logic [Entries*Chunk-1:0]   maps_q;
  logic [Chunk-1:0]           issue_any, issue_walk, issue_nonzero;
  always_comb begin
    issue_any     = '0;
    issue_nonzero = load_i ? staged_i : '0;
    for (int unsigned j = 0; j < PlanesPerRow; j++) issue_any = issue_any | word_i[j*Chunk+:Chunk];
    for (int unsigned e = 0; e < Entries; e++)
      if (!load_i && entry_i == EntryBits'(e)) issue_nonzero = maps_q[e*Chunk+:Chunk];
    for (int unsigned s = 0; s < Window; s++) begin
      write[s]      = issue_i && turn_q == s;
      older[s]      = s >= turn_q;
      same_entry[s] = info_q[s*InfoBits+:EntryBits] == entry_i;
    end
  end
  wd_walker_map #(.Chunk(Chunk)) u_map (
    .used_i(used), .skip_weights_i(skip_weights), .skip_bits_i(skip_bits), .first_i(plane_i == 2'd0), .set_i(issue_any),
    .nonzero_i(issue_any | word_i[PlanesPerRow*Chunk+:Chunk]), .walk_o(issue_walk)
  );
  always_ff @(posedge clk_i) begin
    left_q <= left | write;
    if (issue_i) turn_q <= turn_q == Window - 1 ? 0 : turn_q + 1;
    for (int unsigned s = 0; s < Window; s++)
      if (write[s]) begin
        slots_q[s*WordBits+:WordBits] <= word_i;
        info_q[s*InfoBits+:InfoBits]  <= {plane_i, entry_i};
      end
    for (int unsigned e = 0; e < Entries; e++)
      if (load_i && entry_i == EntryBits'(e)) maps_q[e*Chunk+:Chunk] <= staged_i;
  end

  logic                     active, walked, valid, negative, high;
  logic [Entries*Chunk-1:0] onehot;
  logic [WeightBits-1:0]    weight;
  wd_walker #(.Chunk(Chunk), .Window(Window), .Entries(Entries), .PlanesPerRow(PlanesPerRow)) u_walker (
    .clk_i, .gate_i, .clear_i, .used_i(used), .skip_weights_i(skip_weights), .skip_bits_i(skip_bits), .write_i(write), .issue_walk_i(issue_walk),
    .issue_nonzero_i(issue_nonzero), .older_i(older), .slots_i(slots_q), .info_i(info_q), .nonzero_i(maps_q), .left_o(left),
    .active_o(active), .walked_o(walked), .onehot_o(onehot), .valid_o(valid), .negative_o(negative), .weight_o(weight), .high_o(high)
  );
  (* hierconn *) wire [Window-1:0] \u_walker.pending_q ;
  (* hierconn *) wire [Window-1:0] \u_walker.slot_q ;
  (* hierconn *) wire [Window-1:0] \u_walker.taken ;
  (* hierconn *) wire [Chunk-1:0]  \u_walker.rem_q ;
  logic [Window-1:0] pending, walking, taken;
  logic [Chunk-1:0]  rem, lowest;
  assign pending = \u_walker.pending_q ;
  assign walking = \u_walker.slot_q ;
  assign taken   = \u_walker.taken ;
  assign rem     = \u_walker.rem_q ;
  always_comb begin
    lowest = '0;
    for (int unsigned i = 0; i < Chunk; i++) if (lowest == '0 && rem[i]) lowest[i] = 1'b1;
  end

  // What is to be walked of a row, said position by position: where the activation is not zero in a pixel, and the weight has a bit in these planes. With zero
  // weights walked too those without any bit, with bit skipping once a chunk; without bit skipping all of the weight's planes.
  function automatic logic [Chunk-1:0] to_walk(input logic [WordBits-1:0] word, input logic [1:0] plane, input logic [Chunk-1:0] nonzero);
    logic bit_set, sign;
    for (int unsigned i = 0; i < Chunk; i++) begin
      bit_set = 1'b0;
      for (int unsigned j = 0; j < PlanesPerRow; j++) bit_set = bit_set || word[j*Chunk+i];
      sign       = word[PlanesPerRow*Chunk+i];  // or, without a bit here, that the weight has one elsewhere
      to_walk[i] = used && nonzero[i];
      if (skip_bits && !bit_set && (skip_weights || plane != 2'd0 || sign)) to_walk[i] = 1'b0;
      if (!skip_bits && !bit_set && !sign && skip_weights) to_walk[i] = 1'b0;
    end
  endfunction
  logic [Chunk-1:0] plain;
  assign plain = to_walk(word_i, plane_i, issue_nonzero);

  // The row that is followed waits, then it is walked.
  logic                 seen_q, waits_q, walks_q, ends;
  int unsigned          slot_q, age_q;
  logic [Window-1:0]    before_q, earlier;  // slots of rows before it that wait
  logic [Chunk-1:0]     plain_q, picked_q;
  logic [WordBits-1:0]  word_q;
  logic [1:0]           plane_q;
  logic [EntryBits-1:0] entry_q;
  assign ends = (plain_q & ~picked_q & ~lowest) == '0;
  initial {seen_q, waits_q, walks_q} = 3'd0;
  always_ff @(posedge clk_i) begin
    before_q <= before_q & ~taken;
    age_q    <= age_q + 1;
    if (issue_i && follow_i) begin
      seen_q   <= 1'b1;
      waits_q  <= plain != '0;
      slot_q   <= turn_q;
      before_q <= pending & ~taken;
      picked_q <= '0;
      age_q    <= 0;
      {plain_q, word_q, plane_q, entry_q} <= {plain, word_i, plane_i, entry_i};
    end else if (waits_q && taken[slot_q]) begin
      {waits_q, walks_q} <= 2'b01;
    end else if (walks_q) begin
      picked_q <= picked_q | lowest;
      walks_q  <= !ends;
    end
  end
  always_comb begin  // in the order of issue: from the slot that is written next, round
    for (int unsigned s = 0; s < Window; s++) earlier[s] = (s >= turn_q ? s - turn_q : s + Window - turn_q) < (slot_q >= turn_q ? slot_q - turn_q : slot_q + Window - turn_q);
  end

  // Work that is left until it has been walked, in cycles at most.
  int unsigned work;
  always_comb begin
    work = rem == '0 ? 1 : 0;
    for (int unsigned i = 0; i < Chunk; i++) if (rem[i]) work = work + 1;
    for (int unsigned s = 0; s < Window; s++) if (waits_q && before_q[s]) work = work + Chunk;
    if (waits_q) work = work + Chunk;
  end

  // What a pick brings, a cycle behind the walk.
  logic                     walks_before_q, picks_q;
  logic [Chunk-1:0]         at_q;
  logic [PlanesPerRow-1:0]  bits;
  logic [Entries*Chunk-1:0] place;
  logic                     sign, single_two;
  always_ff @(posedge clk_i) begin
    walks_before_q <= rem != '0 && !clear_i;
    picks_q        <= walks_q;
    at_q           <= lowest;
  end
  initial picks_q = 1'b0;
  always_comb begin
    for (int unsigned j = 0; j < PlanesPerRow; j++) bits[j] = (word_q[j*Chunk+:Chunk] & at_q) != '0;
    sign  = (word_q[PlanesPerRow*Chunk+:Chunk] & at_q) != '0;
    place = '0;
    for (int unsigned e = 0; e < Entries; e++) if (entry_q == EntryBits'(e)) place[e*Chunk+:Chunk] = at_q;
    single_two = PlanesPerRow == 1 && plane_q == 2'd1;
  end

  always_comb begin
    assume (live ? !clear_i || (!active && !walked) : clear_i);
    assume (turn_q < Window);
    assume (!issue_i || (live && !clear_i && (write & (left | left_q)) == '0));
    assume (!load_i || (issue_i && (same_entry & left) == '0));
    assume (32'(entry_i) < Entries && plane_i != 2'd3);
    assume (!follow_i || (issue_i && !seen_q));
    assert (phase_q <= 3'd4);
    if (!live) begin
      assert (!waits_q && !walks_q && !seen_q && !picks_q);
      if (phase_q >= 3'd1) assert (rem == '0 && pending == '0 && !walks_before_q);
      if (phase_q >= 3'd2) assert (onehot == '0 && !valid && !walked);
    end
    if (live) begin
      assert (walked == walks_before_q);
      assert (walked || (!valid && onehot == '0));
      assert ((onehot & (onehot - 1'b1)) == '0 && (!walked || onehot != '0));
      assert (rem == '0 || ((left_q & walking) != '0 && (walking & (walking - 1'b1)) == '0 && (pending & walking) == '0));
      assert ((pending & ~left) == '0);
      if (pending != '0 && (rem & ~lowest) == '0) assert (taken != '0);  // without gaps
      if (left == '0) assert (pending == '0 && (rem & ~lowest) == '0);  // nothing to come
      for (int unsigned s = 0; s < Window; s++) assert (!(rem != '0 && walking[s]) || 32'(info_q[s*InfoBits+:EntryBits]) < Entries);
      assert (!(waits_q && walks_q) && (seen_q || !(waits_q || walks_q)));
      if (waits_q || walks_q) begin
        assert (slot_q < Window && 32'(entry_q) < Entries && plane_q != 2'd3);
        assert (slots_q[slot_q*WordBits+:WordBits] == word_q && info_q[slot_q*InfoBits+:InfoBits] == {plane_q, entry_q});
        assert (age_q <= (Window + 1) * Chunk && work <= (Window + 1) * Chunk && age_q + work <= (Window + 1) * Chunk);
      end
      if (waits_q) begin
        assert (pending[slot_q] && plain_q != '0 && picked_q == '0);
        assert (plain_q == to_walk(word_q, plane_q, maps_q[32'(entry_q)*Chunk+:Chunk]));
        assert (before_q == (pending & earlier));
        assert (taken == '0 || (before_q == '0 ? taken[slot_q] : (taken & ~before_q) == '0));
      end
      if (walks_q) begin
        assert (walking[slot_q] && rem != '0);
        assert (rem == (plain_q & ~picked_q));           // no other, none twice, none lost
        assert ((picked_q & ~(lowest - 1'b1)) == '0);    // the lower before the higher
      end
      if (picks_q) begin
        assert (walked && onehot == place);
        assert (valid == (bits != '0) && negative == sign);
        assert (high == (PlanesPerRow != 3 && plane_q == 2'd2 && bits[0]));
        assert (weight == (PlanesPerRow != 3 && plane_q == 2'd2 ? '0 : single_two ? WeightBits'({bits, 1'b0}) : WeightBits'(bits)));
      end
    end
  end
endmodule
