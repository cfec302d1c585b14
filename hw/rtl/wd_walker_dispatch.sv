// SPDX-License-Identifier: Apache-2.0
// Dispatcher: reads weight rows in order and issues them into the window that all groups share.
//
// Timing    row 0 is read in RUN cycle 0, row r + 1 when row r is issued; a row is issued when its
//           chunk is staged and its slot is free. done_o: the last RUN cycle.
// Not       which PE takes which row: wd_walker_pe.
module wd_walker_dispatch #(
  parameter  int unsigned PesPerGroup = wd_arch_pkg::PesPerGroup,
  parameter  int unsigned Chunk       = wd_arch_pkg::Chunk,
  parameter  int unsigned Window      = wd_arch_pkg::Window,
  parameter  int unsigned WeightRows  = wd_arch_pkg::WeightRows,
  localparam int unsigned SlotBits    = Window > 1 ? $clog2(Window) : 1,
  localparam int unsigned RowBits     = $clog2(WeightRows),
  localparam int unsigned Blocks      = PesPerGroup / wd_arch_pkg::Block,
  localparam int unsigned BlockBits   = $clog2(Blocks + 1)
) (
  input  logic                                clk_i,
  input  logic                                rst_ni,
  input  logic [wd_arch_pkg::InstrBits-1:0]   instr_i,
  input  logic                                skip_weights_i,
  input  logic                                skip_bits_i,
  input  logic [3:0]                          window_i,      // slots in use, 1 .. Window
  // tile control
  input  logic                                conv_i,        // a convolution begins
  input  logic                                next_oc_i,     // the tile that ends was the last of its channels
  input  logic                                setup_i,
  input  logic                                run_first_i,
  input  logic                                run_i,
  input  logic [BlockBits-1:0]                blocks_i,      // channel blocks of this tile
  output logic                                done_o,
  // weight buffer
  output logic                                read_o,
  output logic [RowBits-1:0]                  read_row_o,
  input  logic [PesPerGroup*2*Chunk-1:0]      row_i,
  // operand fetch
  input  logic                                chunk_ready_i,
  // issue, window
  output logic                                issue_o,
  output logic                                issue_first_o,
  output logic [SlotBits-1:0]                 issue_slot_o,
  output logic [SlotBits-1:0]                 issue_entry_o,
  output logic [PesPerGroup*Chunk-1:0]        issue_walk_o,
  output logic [Window-1:0]                   older_o,
  output logic [PesPerGroup*Window*Chunk-1:0] win_mask_o,
  output logic [PesPerGroup*Window*Chunk-1:0] win_sign_o,
  output logic [PesPerGroup*Window*Chunk-1:0] win_walk_o,
  output logic [Window*8-1:0]                 win_info_o,    // by slot: {plane, chunk entry}, 4 bits each
  input  logic [Window-1:0]                   left_i         // slots with work left after this cycle
);
  wd_arch_pkg::instr_t instr;
  assign instr = instr_i;

  // The row to read next: its place in the chunk order, and its address.
  logic [1:0]         plane_q;
  logic [7:0]         block_q;
  logic [5:0]         kx_q, ky_q;
  logic [RowBits-1:0] tile_row_q, next_row_q;
  logic               last_plane, last_block, last_kx, last_ky;
  assign last_plane = plane_q == instr.planes - 2'd1;
  assign last_block = block_q == instr.in_blocks - 8'd1;
  assign last_kx    = kx_q == instr.kernel_w - 6'd1;
  assign last_ky    = ky_q == instr.kernel_h - 6'd1;

  assign read_o     = run_first_i || (issue_o && !row_last_q);
  assign read_row_o = instr.pooled && plane_q == 2'd0 && block_q == 8'd0 ? tile_row_q : next_row_q;

  always_ff @(posedge clk_i) begin
    if (conv_i) tile_row_q <= RowBits'(instr.weight_row);
    else if (next_oc_i) tile_row_q <= next_row_q;
    if (setup_i) begin
      plane_q    <= 2'd0;
      block_q    <= 8'd0;
      kx_q       <= 6'd0;
      ky_q       <= 6'd0;
      next_row_q <= tile_row_q;
    end else if (read_o) begin
      next_row_q <= read_row_o + RowBits'(1);
      plane_q    <= last_plane ? 2'd0 : plane_q + 2'd1;
      if (last_plane) block_q <= last_block ? 8'd0 : block_q + 8'd1;
      if (last_plane && last_block) kx_q <= last_kx ? 6'd0 : kx_q + 6'd1;
      if (last_plane && last_block && last_kx) ky_q <= ky_q + 6'd1;
    end
  end

  // The row at the weight buffer's output.
  logic       row_valid_q, row_last_q;
  logic [1:0] row_plane_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      row_valid_q <= 1'b0;
      row_last_q  <= 1'b0;
      row_plane_q <= 2'd0;
    end else if (read_o) begin
      row_valid_q <= 1'b1;
      row_last_q  <= last_plane && last_block && last_kx && last_ky;
      row_plane_q <= plane_q;
    end else if (issue_o) begin
      row_valid_q <= 1'b0;
    end
  end

  // Window: slots and chunk entries are used in turn.
  logic [SlotBits-1:0] slot_q, entry_q, next_entry_q;
  logic [Window-1:0]   free_q;
  assign issue_first_o = row_plane_q == 2'd0;
  assign issue_o       = run_i && row_valid_q && free_q[slot_q] && (!issue_first_o || chunk_ready_i);
  assign issue_slot_o  = slot_q;
  assign issue_entry_o = issue_first_o ? next_entry_q : entry_q;
  assign older_o       = {Window{1'b1}} << slot_q;
  assign done_o        = run_i && !run_first_i && !row_valid_q && free_q == '1;

  function automatic logic [SlotBits-1:0] after(input logic [SlotBits-1:0] slot, input logic [3:0] window);
    after = 4'(slot) + 4'd1 == window ? '0 : slot + SlotBits'(1);
  endfunction

  always_ff @(posedge clk_i) begin
    if (setup_i) begin
      slot_q       <= '0;
      next_entry_q <= '0;
      free_q       <= '1;
    end else if (run_i) begin
      free_q <= ~left_i;
      if (issue_o) begin
        free_q[slot_q] <= 1'b0;
        slot_q         <= after(slot_q, window_i);
        entry_q        <= issue_entry_o;
        if (issue_first_o) next_entry_q <= after(next_entry_q, window_i);
        win_info_o[slot_q*8+:8] <= {2'd0, row_plane_q, 4'(issue_entry_o)};
      end
    end
  end

  for (genvar p = 0; p < PesPerGroup; p++) begin : g_lane
    wd_walker_lane #(.Chunk(Chunk), .Window(Window)) u_lane (
      .clk_i,
      .used_i(BlockBits'(p / wd_arch_pkg::Block) < blocks_i),
      .skip_weights_i,
      .skip_bits_i,
      .issue_i(issue_o),
      .slot_i(slot_q),
      .first_plane_i(issue_first_o),
      .word_i(row_i[p*2*Chunk+:2*Chunk]),
      .walk_o(issue_walk_o[p*Chunk+:Chunk]),
      .win_mask_o(win_mask_o[p*Window*Chunk+:Window*Chunk]),
      .win_sign_o(win_sign_o[p*Window*Chunk+:Window*Chunk]),
      .win_walk_o(win_walk_o[p*Window*Chunk+:Window*Chunk])
    );
  end
endmodule
