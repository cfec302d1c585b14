// SPDX-License-Identifier: Apache-2.0
// Dispatcher: reads weight rows in order and issues them into the window that all sets share.
//
// Shape     a row is PlanesPerRow weight rows (bit-planes) of a chunk, fewer at the chunk's end; slots_o channel-major.
// Timing    row 0 is read in RUN cycle 0, row r + 1 when row r is issued; a row is issued when its slot is free and, for a
//           chunk's first row, the chunk is staged and its entry free. done_o: the last RUN cycle, after two of flush_o.
// Not       which walker takes which row: wd_walker.
module wd_walker_dispatch #(
  parameter  int unsigned PesPerGroup  = wd_arch_pkg::PesPerGroup,
  parameter  int unsigned Chunk        = wd_arch_pkg::Chunk,
  parameter  int unsigned Window       = wd_arch_pkg::Window,
  parameter  int unsigned Entries      = wd_arch_pkg::Entries,
  parameter  int unsigned PlanesPerRow = wd_arch_pkg::PlanesPerRow,
  parameter  int unsigned WeightRows   = wd_arch_pkg::WeightRows,
  localparam int unsigned SlotBits     = Window > 1 ? $clog2(Window) : 1,
  localparam int unsigned EntryBits = Entries > 1 ? $clog2(Entries) : 1,
  localparam int unsigned InfoBits  = 2 + EntryBits,
  localparam int unsigned WordBits     = (PlanesPerRow + 1) * Chunk,
  localparam int unsigned RowBits      = $clog2(WeightRows)
) (
  input  logic                                        clk_i,
  input  logic                                        rst_ni,
  input  logic [wd_arch_pkg::InstrBits-1:0]           instr_i,
  input  logic                                        skip_weights_i,
  input  logic                                        skip_bits_i,
  input  logic [3:0]                                  window_i,      // slots in use, 1 .. Window
  // tile control
  input  logic                                        conv_i,        // a convolution begins
  input  logic                                        next_oc_i,     // the tile that ends was the last of its channels
  input  logic                                        setup_i,
  input  logic                                        run_first_i,
  input  logic                                        run_i,
  input  logic [PesPerGroup-1:0]                      used_i,        // channels of this tile
  output logic                                        null_o,        // the cycle before the flush
  output logic                                        flush_o,
  output logic                                        done_o,
  // weight buffer
  output logic                                        read_o,
  output logic [RowBits-1:0]                          read_row_o,
  output logic [1:0]                                  read_count_o,
  input  logic [PlanesPerRow*PesPerGroup*2*Chunk-1:0] row_i,         // plane-major
  // operand fetch
  input  logic                                        chunk_ready_i,
  // issue, window
  output logic                                        issue_o,
  output logic                                        issue_first_o,
  output logic [1:0]                                  issue_planes_o,
  output logic [Window-1:0]                           issue_slot_o,  // one-hot, zero without an issue
  output logic [Entries-1:0]                          issue_entry_o, // one-hot
  output logic [PesPerGroup*Chunk-1:0]                issue_walk_o,
  output logic [Window-1:0]                           older_o,       // slots from the oldest row's on
  output logic [PesPerGroup*Window*WordBits-1:0]      slots_o,
  output logic [Window*InfoBits-1:0]                  info_o,        // by slot: {first plane, entry}
  input  logic [Window-1:0]                           left_i         // slots with work left after this cycle
);
  wd_arch_pkg::instr_t instr;
  assign instr = instr_i;

  // The row to read next: its place in the chunk order, and its address.
  logic [1:0]         plane_q;
  logic [wd_arch_pkg::InBlocksBits-1:0] block_q;
  logic [11:0]        kx_q, last_column;  // of a pooled CONV the rows of 16 pixels
  logic [5:0]         ky_q;
  logic [RowBits-1:0] tile_row_q, next_row_q;
  logic               last_plane, last_block, last_kx, last_ky;
  assign last_plane = 3'(plane_q) + 3'(PlanesPerRow) >= 3'(instr.planes);
  assign last_block = block_q == instr.in_blocks - 1'b1;
  assign last_column = instr.pooled ? 12'(instr.in_rows) - 12'd1 : 12'(instr.kernel_w) - 12'd1;
  assign last_kx    = kx_q == last_column;
  assign last_ky    = instr.pooled || ky_q == instr.kernel_h - 6'd1;

  assign read_o     = run_first_i || (issue_o && !row_last_q);
  assign read_count_o = last_plane ? instr.planes - plane_q : 2'(PlanesPerRow);
  assign read_row_o = instr.pooled && plane_q == 2'd0 && block_q == '0 ? tile_row_q : next_row_q;

  always_ff @(posedge clk_i) begin
    if (conv_i) tile_row_q <= RowBits'(instr.weight_row);
    else if (next_oc_i) tile_row_q <= next_row_q;
    if (setup_i) begin
      plane_q    <= 2'd0;
      block_q    <= '0;
      kx_q       <= '0;
      ky_q       <= 6'd0;
      next_row_q <= tile_row_q;
    end else if (read_o) begin
      next_row_q <= read_row_o + RowBits'(read_count_o);
      plane_q    <= last_plane ? 2'd0 : plane_q + 2'(PlanesPerRow);
      if (last_plane) block_q <= last_block ? '0 : block_q + 1'b1;
      if (last_plane && last_block) kx_q <= last_kx ? '0 : kx_q + 12'd1;
      if (last_plane && last_block && last_kx) ky_q <= ky_q + 6'd1;
    end
  end

  // The row at the weight buffer's output.
  logic       row_valid_q, row_last_q;
  logic [1:0] row_plane_q, row_planes_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      row_valid_q  <= 1'b0;
      row_last_q   <= 1'b0;
      row_plane_q  <= 2'd0;
      row_planes_q <= 2'd0;
    end else if (read_o) begin
      row_valid_q  <= 1'b1;
      row_last_q   <= last_plane && last_block && last_kx && last_ky;
      row_plane_q  <= plane_q;
      row_planes_q <= read_count_o;
    end else if (issue_o) begin
      row_valid_q <= 1'b0;
    end
  end

  // Slots and entries are used in turn. A slot is free in the cycle after one without work left in it.
  logic [SlotBits-1:0]  slot_q;
  logic [EntryBits-1:0] entry_q, next_entry_q, entry;
  logic [Window-1:0]    free_q;
  logic                 slot_free, entry_free;
  always_comb begin
    slot_free  = 1'b0;
    entry_free = 1'b1;
    for (int unsigned s = 0; s < Window; s++) begin
      if (slot_q == SlotBits'(s)) slot_free = free_q[s];
      if (!free_q[s] && info_o[s*InfoBits+:EntryBits] == next_entry_q) entry_free = 1'b0;
      issue_slot_o[s] = issue_o && slot_q == SlotBits'(s);
    end
    for (int unsigned e = 0; e < Entries; e++) issue_entry_o[e] = entry == EntryBits'(e);
  end
  assign issue_first_o  = row_plane_q == 2'd0;
  assign issue_planes_o = row_planes_q;
  assign issue_o        = run_i && row_valid_q && slot_free && (!issue_first_o || (chunk_ready_i && entry_free));
  assign entry          = issue_first_o ? next_entry_q : entry_q;
  assign older_o        = {Window{1'b1}} << slot_q;

  // After the last walk: a cycle to select, one to shift, then the flush.
  logic       walked;
  logic [1:0] drain_q;
  assign walked  = run_i && !run_first_i && !row_valid_q && free_q == '1;
  assign null_o  = walked && drain_q == 2'd1;
  assign flush_o = walked && drain_q[1];
  assign done_o  = walked && drain_q == 2'd3;

  always_ff @(posedge clk_i) begin
    if (setup_i) begin
      slot_q       <= '0;
      next_entry_q <= '0;
      free_q       <= '1;
      drain_q      <= 2'd0;
    end else if (run_i) begin
      free_q <= ~left_i & ~issue_slot_o;
      if (walked) drain_q <= drain_q + 2'd1;
      if (issue_o) begin
        slot_q  <= 4'(slot_q) + 4'd1 == window_i ? '0 : slot_q + SlotBits'(1);
        entry_q <= entry;
        if (issue_first_o) next_entry_q <= next_entry_q == EntryBits'(Entries - 1) ? '0 : next_entry_q + EntryBits'(1);
        for (int unsigned s = 0; s < Window; s++)
          if (issue_slot_o[s]) info_o[s*InfoBits+:InfoBits] <= {row_plane_q, entry};
      end
    end
  end

  for (genvar p = 0; p < PesPerGroup; p++) begin : g_lane
    logic [PlanesPerRow*2*Chunk-1:0] words;
    always_comb begin
      for (int unsigned j = 0; j < PlanesPerRow; j++)
        words[j*2*Chunk+:2*Chunk] = row_i[(j*PesPerGroup+p)*2*Chunk+:2*Chunk];
    end
    wd_walker_lane #(.Chunk(Chunk), .Window(Window), .PlanesPerRow(PlanesPerRow)) u_lane (
      .clk_i,
      .used_i(used_i[p]),
      .skip_weights_i,
      .skip_bits_i,
      .write_i(issue_slot_o),
      .first_i(issue_first_o),
      .planes_i(row_planes_q),
      .words_i(words),
      .walk_o(issue_walk_o[p*Chunk+:Chunk]),
      .slots_o(slots_o[p*Window*WordBits+:Window*WordBits])
    );
  end
endmodule
