// SPDX-License-Identifier: Apache-2.0
// A slice of the array for power: a set of 16 walkers with their window lanes, and one group of 16 PEs that they serve.
//
// Shape     ports as those of wd_walker_lane, wd_walker_set and wd_walker_group; words_i channel-major.
// Timing    issues come from outside: those of the whole array, which the slice would not know.
// Not       the other groups of the set, dispatcher, buffers, counts.
// Test      testbench/gates/array_slice_tb.sv
module wd_array_slice #(
  parameter  int unsigned Chunk           = wd_arch_pkg::Chunk,
  parameter  int unsigned Window          = wd_arch_pkg::Window,
  parameter  int unsigned Entries         = wd_arch_pkg::Entries,
  parameter  int unsigned PlanesPerRow    = wd_arch_pkg::PlanesPerRow,
  parameter  int unsigned GroupsPerWalker = wd_arch_pkg::GroupsPerWalker,
  parameter  int unsigned AccBits         = wd_arch_pkg::AccBits,
  parameter  int unsigned SumSegment      = wd_arch_pkg::SumSegment,
  parameter  int unsigned LatchOperand    = wd_arch_pkg::LatchOperand,
  localparam int unsigned Pes             = 16,
  localparam int unsigned EntryBits       = Entries > 1 ? $clog2(Entries) : 1,
  localparam int unsigned InfoBits        = 2 + EntryBits,
  localparam int unsigned WordBits        = (PlanesPerRow + 1) * Chunk,
  localparam int unsigned WeightBits      = PlanesPerRow == 3 ? 3 : 2,
  localparam int unsigned Places          = Entries * Chunk
) (
  input  logic                             clk_i,
  // settings: walkers, groups, operands, sums and segments are gated; zero weights, bits and activations skipped
  input  logic                             gate_walker_i,
  input  logic                             gate_group_i,
  input  logic                             gate_operand_i,
  input  logic                             gate_sum_i,
  input  logic                             gate_segment_i,
  input  logic                             skip_weights_i,
  input  logic                             skip_bits_i,
  input  logic                             skip_zero_i,
  // tile control
  input  logic                             reset_i,
  input  logic                             setup_i,
  input  logic                             null_i,
  input  logic                             flush_i,
  input  logic                             inside_i,
  input  logic [Pes-1:0]                   used_i,
  // issue
  input  logic [Window-1:0]                write_i,
  input  logic                             load_i,
  input  logic [Entries-1:0]               entry_i,
  input  logic                             first_i,
  input  logic [1:0]                       planes_i,
  input  logic [Window-1:0]                older_i,
  input  logic [Window*InfoBits-1:0]       info_i,
  input  logic [Pes*PlanesPerRow*2*Chunk-1:0] words_i,
  input  logic [GroupsPerWalker*Chunk-1:0] staged_nonzero_i,
  input  logic [Chunk*8-1:0]               staged_i,
  output logic [Window-1:0]                left_o,
  output logic [Pes-1:0]                   walked_o,
  output logic [Pes-1:0]                   op_o,
  output logic [Pes*AccBits-1:0]           sums_o
);
  logic [Pes*Chunk-1:0]           walk;
  logic [Pes*Window*WordBits-1:0] slots;
  for (genvar p = 0; p < Pes; p++) begin : g_lane
    wd_walker_lane #(.Chunk(Chunk), .Window(Window), .PlanesPerRow(PlanesPerRow)) u_lane (
      .clk_i, .used_i(used_i[p]), .skip_weights_i, .skip_bits_i, .write_i, .first_i, .planes_i,
      .words_i(words_i[p*PlanesPerRow*2*Chunk+:PlanesPerRow*2*Chunk]),
      .walk_o(walk[p*Chunk+:Chunk]), .slots_o(slots[p*Window*WordBits+:Window*WordBits])
    );
  end

  logic [Pes-1:0]            active, valid, negative, high;
  logic [Pes*Places-1:0]     onehot;
  logic [Pes*WeightBits-1:0] weight;
  wd_walker_set #(
    .GroupsPerWalker(GroupsPerWalker), .PesPerGroup(Pes), .Chunk(Chunk), .Window(Window), .Entries(Entries),
    .PlanesPerRow(PlanesPerRow)
  ) u_set (
    .clk_i, .gate_i(gate_walker_i), .clear_i(setup_i || reset_i), .used_i, .skip_weights_i, .skip_bits_i,
    .write_i, .load_i, .entry_i, .issue_walk_i(walk), .staged_nonzero_i, .older_i, .slots_i(slots), .info_i,
    .left_o, .active_o(active), .walked_o, .onehot_o(onehot), .valid_o(valid), .negative_o(negative),
    .weight_o(weight), .high_o(high)
  );

  wd_walker_group #(
    .PesPerGroup(Pes), .Chunk(Chunk), .Entries(Entries), .PlanesPerRow(PlanesPerRow), .AccBits(AccBits),
    .SumSegment(SumSegment), .LatchOperand(LatchOperand)
  ) u_group (
    .clk_i, .gate_group_i, .gate_operand_i, .gate_sum_i, .gate_segment_i, .reset_i, .setup_i, .null_i, .flush_i,
    .used_i, .inside_i, .skip_zero_i, .load_i, .entry_i, .staged_i,
    .pick_onehot_i(onehot), .pick_valid_i(valid), .pick_negative_i(negative), .pick_weight_i(weight),
    .pick_high_i(high), .op_o, .sums_o
  );
  logic unused;
  assign unused = &{1'b0, active};
endmodule
