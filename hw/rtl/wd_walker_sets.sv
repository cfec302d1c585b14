// SPDX-License-Identifier: Apache-2.0
// Organisation "walker sets": walkers pick positions for the PEs of their channel in a set of groups.
//
// What      the dispatcher issues rows into the window, the array's walkers walk them.
// Shape     ports, and their timing: wd_organisation. docs/organisations/walker_sets.md has RUN cycle by cycle.
// Test      testbench/rtl/core_test.cpp
module wd_walker_sets #(
  parameter  int unsigned PesPerGroup     = wd_arch_pkg::PesPerGroup,
  parameter  int unsigned Chunk           = wd_arch_pkg::Chunk,
  parameter  int unsigned Window          = wd_arch_pkg::Window,
  parameter  int unsigned AccBits         = wd_arch_pkg::AccBits,
  parameter  int unsigned WeightRows      = wd_arch_pkg::WeightRows,
  parameter  int unsigned GroupsPerWalker = wd_arch_pkg::GroupsPerWalker,
  parameter  int unsigned Entries         = wd_arch_pkg::Entries,
  parameter  int unsigned PlanesPerRow    = wd_arch_pkg::PlanesPerRow,
  parameter  int unsigned SumSegment      = wd_arch_pkg::SumSegment,
  parameter  int unsigned LatchOperand    = wd_arch_pkg::LatchOperand,
  parameter  int unsigned IncBits         = 24,
  localparam int unsigned Groups          = wd_arch_pkg::GroupsY * wd_arch_pkg::GroupsX,
  localparam int unsigned RowBits         = $clog2(WeightRows),
  localparam int unsigned BlockBits       = $clog2(PesPerGroup / wd_arch_pkg::Block + 1)
) (
  input  logic                                  clk_i,
  input  logic                                  rst_ni,
  input  logic [wd_arch_pkg::InstrBits-1:0]     instr_i,
  input  logic [wd_arch_pkg::SwitchCount-1:0]   switches_i,
  input  logic [3:0]                            window_i,
  // tile control
  input  logic                                  conv_i,
  input  logic                                  next_oc_i,
  input  logic                                  setup_i,
  input  logic                                  run_first_i,
  input  logic                                  run_i,
  input  logic [BlockBits-1:0]                  blocks_i,
  input  logic [Groups-1:0]                     inside_i,
  output logic                                  done_o,
  // weight row
  output logic                                  read_o,
  output logic [RowBits-1:0]                    read_row_o,
  output logic [1:0]                            read_count_o,
  input  logic [PlanesPerRow*PesPerGroup*2*Chunk-1:0] row_i,
  // chunk of activations
  input  logic                                  chunk_ready_i,
  input  logic [Groups*Chunk*8-1:0]             staged_i,
  output logic                                  consumed_o,
  // results
  output logic [Groups*PesPerGroup*AccBits-1:0]        sums_o,
  output logic [wd_arch_pkg::CounterCount*IncBits-1:0] activity_o
);
  localparam int unsigned EntryBits = Entries > 1 ? $clog2(Entries) : 1;
  localparam int unsigned InfoBits  = 2 + EntryBits;
  localparam int unsigned WordBits  = (PlanesPerRow + 1) * Chunk;
  localparam int unsigned TotalBits = $clog2(Groups * PesPerGroup + 1);

  if (Groups % GroupsPerWalker != 0 || Entries < 1 || Entries > Window || PlanesPerRow < 1 || PlanesPerRow > 3)
  begin : g_check_walkers
    $fatal(1, "GroupsPerWalker must divide the groups, Entries be 1 to Window, PlanesPerRow 1 to 3");
  end
  if (SumSegment != 0 && (SumSegment < 6 || SumSegment > 12)) begin : g_check_segment
    $fatal(1, "SumSegment must be 0 or 6 to 12");
  end

  logic [PesPerGroup-1:0] used;
  always_comb begin
    for (int unsigned p = 0; p < PesPerGroup; p++) used[p] = BlockBits'(p / wd_arch_pkg::Block) < blocks_i;
  end

  logic                          issue /* verilator public_flat_rd */;
  logic                          issue_first, null_operand, flush;
  logic [1:0]                    issue_planes;
  logic [Window-1:0]             issue_slot, older, left;
  logic [Entries-1:0]            issue_entry;
  logic [PesPerGroup*Chunk-1:0]  issue_walk;
  logic [PesPerGroup*Window*WordBits-1:0] slots;
  logic [Window*InfoBits-1:0]    info;
  assign consumed_o = issue && issue_first;
  wd_walker_dispatch #(
    .PesPerGroup(PesPerGroup), .Chunk(Chunk), .Window(Window), .Entries(Entries), .PlanesPerRow(PlanesPerRow),
    .WeightRows(WeightRows)
  ) u_dispatch (
    .clk_i, .rst_ni, .instr_i,
    .skip_weights_i(switches_i[wd_arch_pkg::SwitchSkipZeroWeights]),
    .skip_bits_i(switches_i[wd_arch_pkg::SwitchSkipZeroBits]), .window_i,
    .conv_i, .next_oc_i, .setup_i, .run_first_i, .run_i, .used_i(used), .null_o(null_operand), .flush_o(flush), .done_o,
    .read_o, .read_row_o, .read_count_o, .row_i, .chunk_ready_i,
    .issue_o(issue), .issue_first_o(issue_first), .issue_planes_o(issue_planes), .issue_slot_o(issue_slot),
    .issue_entry_o(issue_entry), .issue_walk_o(issue_walk), .older_o(older), .slots_o(slots), .info_o(info), .left_i(left)
  );

  logic [$clog2(Groups+1)-1:0] active_groups;
  logic [TotalBits-1:0]        active_walkers, walks, ops;
  wd_walker_array #(
    .GroupsPerWalker(GroupsPerWalker), .PesPerGroup(PesPerGroup), .Chunk(Chunk), .Window(Window), .Entries(Entries),
    .PlanesPerRow(PlanesPerRow), .AccBits(AccBits), .SumSegment(SumSegment), .LatchOperand(LatchOperand)
  ) u_array (
    .clk_i, .rst_ni, .switches_i, .setup_i, .null_i(null_operand), .flush_i(flush && SumSegment != 0), .used_i(used), .inside_i,
    .issue_slot_i(issue_slot), .load_i(consumed_o), .issue_entry_i(issue_entry), .issue_walk_i(issue_walk), .staged_i,
    .older_i(older), .slots_i(slots), .info_i(info), .left_o(left), .sums_o,
    .active_groups_o(active_groups), .active_walkers_o(active_walkers), .walks_o(walks), .ops_o(ops)
  );

  always_comb begin
    activity_o = '0;
    activity_o[wd_arch_pkg::CounterGroupCycles*IncBits+:IncBits]  = IncBits'(active_groups);
    activity_o[wd_arch_pkg::CounterWalkerCycles*IncBits+:IncBits] = IncBits'(active_walkers);
    activity_o[wd_arch_pkg::CounterWalkOps*IncBits+:IncBits]      = IncBits'(walks);
    activity_o[wd_arch_pkg::CounterBitOps*IncBits+:IncBits]       = IncBits'(ops);
    activity_o[wd_arch_pkg::CounterRowsIssued*IncBits+:IncBits]   = issue ? IncBits'(issue_planes) : '0;
    activity_o[wd_arch_pkg::CounterChunksIssued*IncBits+:IncBits] = IncBits'(consumed_o);
    activity_o[wd_arch_pkg::CounterFlushOps*IncBits+:IncBits]     = flush && SumSegment != 0
        ? IncBits'(blocks_i) * IncBits'(wd_arch_pkg::Block) * IncBits'($countones(inside_i)) : '0;
  end
endmodule
