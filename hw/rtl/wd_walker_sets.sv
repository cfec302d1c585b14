// SPDX-License-Identifier: Apache-2.0
// Organisation "walker sets": every PE walks its own positions in a window of rows that all groups share.
//
// What      the dispatcher issues rows into the window, the array of PEs walks them.
// Shape     ports, and their timing: wd_organisation. docs/organisations/walker_sets.md has RUN cycle by cycle.
// Test      testbench/rtl/core_test.cpp
module wd_walker_sets #(
  parameter  int unsigned PesPerGroup = wd_arch_pkg::PesPerGroup,
  parameter  int unsigned Chunk       = wd_arch_pkg::Chunk,
  parameter  int unsigned Window      = wd_arch_pkg::Window,
  parameter  int unsigned AccBits     = wd_arch_pkg::AccBits,
  parameter  int unsigned WeightRows  = wd_arch_pkg::WeightRows,
  parameter  int unsigned IncBits     = 24,
  localparam int unsigned Groups      = wd_arch_pkg::GroupsY * wd_arch_pkg::GroupsX,
  localparam int unsigned RowBits     = $clog2(WeightRows),
  localparam int unsigned BlockBits   = $clog2(PesPerGroup / wd_arch_pkg::Block + 1)
) (
  input  logic                                clk_i,
  input  logic                                rst_ni,
  input  logic [wd_arch_pkg::InstrBits-1:0]   instr_i,
  input  logic [wd_arch_pkg::SwitchCount-1:0] switches_i,
  input  logic [3:0]                          window_i,
  // tile control
  input  logic                                conv_i,
  input  logic                                next_oc_i,
  input  logic                                setup_i,
  input  logic                                run_first_i,
  input  logic                                run_i,
  input  logic [BlockBits-1:0]                blocks_i,
  input  logic [3:0]                          inside_y_i,
  input  logic [3:0]                          inside_x_i,
  output logic                                done_o,
  // weight row
  output logic                                read_o,
  output logic [RowBits-1:0]                  read_row_o,
  input  logic [PesPerGroup*2*Chunk-1:0]      row_i,
  // chunk of activations
  input  logic                                chunk_ready_i,
  input  logic [Groups*Chunk*8-1:0]           staged_i,
  output logic                                consumed_o,
  // results
  output logic [Groups*PesPerGroup*AccBits-1:0]          sums_o,
  output logic [wd_arch_pkg::CounterCount*IncBits-1:0]   activity_o
);
  localparam int unsigned SlotBits  = Window > 1 ? $clog2(Window) : 1;
  localparam int unsigned TotalBits = $clog2(Groups * PesPerGroup + 1);

  logic                          issue /* verilator public_flat_rd */;
  logic                          issue_first;
  logic [SlotBits-1:0]           issue_slot, issue_entry;
  logic [PesPerGroup*Chunk-1:0]  issue_walk;
  logic [Window-1:0]             older, left;
  logic [PesPerGroup*Window*Chunk-1:0] win_mask, win_sign, win_walk;
  logic [Window*8-1:0]           win_info;
  assign consumed_o = issue && issue_first;
  wd_walker_dispatch #(
    .PesPerGroup(PesPerGroup), .Chunk(Chunk), .Window(Window), .WeightRows(WeightRows)
  ) u_dispatch (
    .clk_i, .rst_ni, .instr_i,
    .skip_weights_i(switches_i[wd_arch_pkg::SwitchSkipZeroWeights]),
    .skip_bits_i(switches_i[wd_arch_pkg::SwitchSkipZeroBits]), .window_i,
    .conv_i, .next_oc_i, .setup_i, .run_first_i, .run_i, .blocks_i, .done_o, .read_o, .read_row_o, .row_i,
    .chunk_ready_i, .issue_o(issue), .issue_first_o(issue_first), .issue_slot_o(issue_slot),
    .issue_entry_o(issue_entry), .issue_walk_o(issue_walk), .older_o(older),
    .win_mask_o(win_mask), .win_sign_o(win_sign), .win_walk_o(win_walk), .win_info_o(win_info), .left_i(left)
  );

  logic [4:0]           active_groups;
  logic [TotalBits-1:0] active_pes, walks, bit_ops;
  wd_walker_array #(.PesPerGroup(PesPerGroup), .Chunk(Chunk), .Window(Window), .AccBits(AccBits)) u_array (
    .clk_i, .rst_ni, .switches_i, .setup_i, .run_i, .inside_y_i, .inside_x_i,
    .issue_i(issue), .issue_first_i(issue_first), .issue_slot_i(issue_slot), .issue_entry_i(issue_entry),
    .issue_walk_i(issue_walk), .staged_i, .older_i(older),
    .win_mask_i(win_mask), .win_sign_i(win_sign), .win_walk_i(win_walk), .win_info_i(win_info), .left_o(left), .sums_o,
    .active_groups_o(active_groups), .active_pes_o(active_pes), .walks_o(walks), .bit_ops_o(bit_ops)
  );

  always_comb begin
    activity_o = '0;
    activity_o[wd_arch_pkg::CounterGroupCycles*IncBits+:IncBits] = IncBits'(active_groups);
    activity_o[wd_arch_pkg::CounterPeCycles*IncBits+:IncBits]    = IncBits'(active_pes);
    activity_o[wd_arch_pkg::CounterWalkOps*IncBits+:IncBits]     = IncBits'(walks);
    activity_o[wd_arch_pkg::CounterBitOps*IncBits+:IncBits]      = IncBits'(bit_ops);
    activity_o[wd_arch_pkg::CounterRowsIssued*IncBits+:IncBits]  = IncBits'(issue);
  end
endmodule
