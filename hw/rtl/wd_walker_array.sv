// SPDX-License-Identifier: Apache-2.0
// The array: sets of walkers, and the groups that they serve; group g works on pixel g of the tile.
//
// Timing    left_o is combinational; the counts are those of three to four cycles before. After reset, four cycles of clear.
module wd_walker_array #(
  parameter  int unsigned GroupsPerWalker = wd_arch_pkg::GroupsPerWalker,
  parameter  int unsigned PesPerGroup     = wd_arch_pkg::PesPerGroup,
  parameter  int unsigned Chunk           = wd_arch_pkg::Chunk,
  parameter  int unsigned Window          = wd_arch_pkg::Window,
  parameter  int unsigned Entries         = wd_arch_pkg::Entries,
  parameter  int unsigned PlanesPerRow    = wd_arch_pkg::PlanesPerRow,
  parameter  int unsigned AccBits         = wd_arch_pkg::AccBits,
  parameter  int unsigned SumSegment      = wd_arch_pkg::SumSegment,
  parameter  int unsigned LatchOperand    = wd_arch_pkg::LatchOperand,
  localparam int unsigned Groups          = wd_arch_pkg::GroupsY * wd_arch_pkg::GroupsX,
  localparam int unsigned Sets            = Groups / GroupsPerWalker,
  localparam int unsigned EntryBits = Entries > 1 ? $clog2(Entries) : 1,
  localparam int unsigned InfoBits  = 2 + EntryBits,
  localparam int unsigned WordBits        = (PlanesPerRow + 1) * Chunk,
  localparam int unsigned WeightBits      = PlanesPerRow == 3 ? 3 : 2,
  localparam int unsigned Places          = Entries * Chunk,
  localparam int unsigned GroupBits       = $clog2(Groups + 1),
  localparam int unsigned TotalBits       = $clog2(Groups * PesPerGroup + 1)
) (
  input  logic                                   clk_i,          // the array's
  input  logic                                   rst_ni,
  input  logic [wd_arch_pkg::SwitchCount-1:0]    switches_i,
  input  logic                                   setup_i,
  input  logic                                   null_i,
  input  logic                                   flush_i,
  input  logic [PesPerGroup-1:0]                 used_i,
  input  logic [Groups-1:0]                      inside_i,
  // issue
  input  logic [Window-1:0]                      issue_slot_i,
  input  logic                                   load_i,
  input  logic [Entries-1:0]                     issue_entry_i,
  input  logic [PesPerGroup*Chunk-1:0]           issue_walk_i,
  input  logic [Groups*Chunk*8-1:0]              staged_i,
  // window
  input  logic [Window-1:0]                      older_i,
  input  logic [PesPerGroup*Window*WordBits-1:0] slots_i,
  input  logic [Window*InfoBits-1:0]             info_i,
  output logic [Window-1:0]                      left_o,
  output logic [Groups*PesPerGroup*AccBits-1:0]  sums_o,
  output logic [GroupBits-1:0]                   active_groups_o,
  output logic [TotalBits-1:0]                   active_walkers_o,
  output logic [TotalBits-1:0]                   walks_o,
  output logic [TotalBits-1:0]                   ops_o
);
  // Reset reaches walkers and PEs as SETUP does, through their clear: nothing works, and nothing is counted, before the
  // first tile.
  // Four cycles: picks, operands and sums become zero one after another.
  logic [3:0] reset_q;
  logic       reset, clear;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) reset_q <= '1;
    else         reset_q <= {reset_q[2:0], 1'b0};
  end
  assign reset = reset_q[3];
  assign clear = setup_i || reset;

  // Non-zero maps of the staged chunk, by group.
  logic [Groups*Chunk-1:0] staged_nonzero;
  logic                    skip_zero;
  assign skip_zero = switches_i[wd_arch_pkg::SwitchSkipZeroActivations];
  always_comb begin
    for (int unsigned g = 0; g < Groups; g++)
      for (int unsigned i = 0; i < Chunk; i++)
        staged_nonzero[g*Chunk+i] = skip_zero ? staged_i[(g*Chunk+i)*8+:7] != 7'd0 : inside_i[g];
  end

  logic [Sets*Window-1:0]             left;
  logic [Sets*PesPerGroup-1:0]        active;
  logic [Sets*PesPerGroup-1:0]        walked /* verilator public_flat_rd */;
  logic [Groups*PesPerGroup-1:0]      op /* verilator public_flat_rd */;
  for (genvar s = 0; s < Sets; s++) begin : g_set
    logic [PesPerGroup*Places-1:0]     onehot;
    logic [PesPerGroup-1:0]            valid, negative, high;
    logic [PesPerGroup*WeightBits-1:0] weight;
    wd_walker_set #(
      .GroupsPerWalker(GroupsPerWalker), .PesPerGroup(PesPerGroup), .Chunk(Chunk), .Window(Window), .Entries(Entries),
      .PlanesPerRow(PlanesPerRow)
    ) u_set (
      .clk_i, .gate_i(switches_i[wd_arch_pkg::SwitchGateWalker]), .clear_i(clear), .used_i,
      .skip_weights_i(switches_i[wd_arch_pkg::SwitchSkipZeroWeights]),
      .skip_bits_i(switches_i[wd_arch_pkg::SwitchSkipZeroBits]),
      .write_i(issue_slot_i), .load_i, .entry_i(issue_entry_i), .issue_walk_i,
      .staged_nonzero_i(staged_nonzero[s*GroupsPerWalker*Chunk+:GroupsPerWalker*Chunk]),
      .older_i, .slots_i, .info_i, .left_o(left[s*Window+:Window]), .active_o(active[s*PesPerGroup+:PesPerGroup]),
      .walked_o(walked[s*PesPerGroup+:PesPerGroup]),
      .onehot_o(onehot), .valid_o(valid), .negative_o(negative), .weight_o(weight), .high_o(high)
    );
    for (genvar i = 0; i < GroupsPerWalker; i++) begin : g_group
      localparam int unsigned G = s * GroupsPerWalker + i;
      wd_walker_group #(
        .PesPerGroup(PesPerGroup), .Chunk(Chunk), .Entries(Entries), .PlanesPerRow(PlanesPerRow), .AccBits(AccBits),
        .SumSegment(SumSegment), .LatchOperand(LatchOperand)
      ) u_group (
        .clk_i,
        .gate_group_i(switches_i[wd_arch_pkg::SwitchGateGroup]),
        .gate_operand_i(switches_i[wd_arch_pkg::SwitchGateOperand]),
        .gate_sum_i(switches_i[wd_arch_pkg::SwitchGateSum]),
        .gate_segment_i(switches_i[wd_arch_pkg::SwitchGateSegment]),
        .reset_i(reset), .setup_i, .null_i, .flush_i, .used_i, .inside_i(inside_i[G]), .skip_zero_i(skip_zero),
        .load_i, .entry_i(issue_entry_i), .staged_i(staged_i[G*Chunk*8+:Chunk*8]),
        .pick_onehot_i(onehot), .pick_valid_i(valid), .pick_negative_i(negative), .pick_weight_i(weight), .pick_high_i(high),
        .op_o(op[G*PesPerGroup+:PesPerGroup]), .sums_o(sums_o[G*PesPerGroup*AccBits+:PesPerGroup*AccBits])
      );
    end
  end

  always_comb begin
    left_o = '0;
    for (int unsigned s = 0; s < Sets; s++) left_o = left_o | left[s*Window+:Window];
  end

  // Counts. They reach the counters before the array's clock stops, a cycle after RUN, and leave none behind: the last RUN cycles
  // have no operands.
  logic [Sets*PesPerGroup-1:0] active_q;
  logic [$clog2(Sets*PesPerGroup+1)-1:0] active_walkers, walks;
  logic [Groups-1:0]           working_q;
  always_ff @(posedge clk_i) begin
    active_q <= active & ~{(Sets * PesPerGroup){clear}};
    for (int unsigned g = 0; g < Groups; g++)
      working_q[g] <= inside_i[g] && active[g/GroupsPerWalker*PesPerGroup+:PesPerGroup] != '0 && !clear;
  end
  wd_count_ones #(.Bits(Groups)) u_groups (.clk_i, .clear_i(clear), .bits_i(working_q), .count_o(active_groups_o));
  wd_count_ones #(.Bits(Sets * PesPerGroup)) u_active (.clk_i, .clear_i(clear), .bits_i(active_q), .count_o(active_walkers));
  wd_count_ones #(.Bits(Sets * PesPerGroup)) u_walks (.clk_i, .clear_i(clear), .bits_i(walked), .count_o(walks));
  wd_count_ones #(.Bits(Groups * PesPerGroup), .Part(6)) u_ops (.clk_i, .clear_i(clear), .bits_i(op), .count_o(ops_o));
  assign active_walkers_o = TotalBits'(active_walkers);
  assign walks_o          = TotalBits'(walks);
endmodule
