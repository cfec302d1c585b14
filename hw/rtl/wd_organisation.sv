// SPDX-License-Identifier: Apache-2.0
// The array behind its seam: whatever turns weight rows and staged activations into a tile's sums.
//
// What      selects one organisation at elaboration; docs/architecture.md, "The organisation's port", has the contract.
// Shape     sums_o: PE p of group g at (g * PesPerGroup + p) * AccBits; activity_o: an increment of IncBits per
//           counter of hw/arch/counters.def, zero for those that are not the organisation's.
//           Sums carry SumBias of wd_top. clk_i is the array's clock: it runs in SETUP and RUN, with conv_i and when a tile ends.
// Timing    setup_i for a cycle, then run_i until done_o, the last RUN cycle; sums_o is stable from the next cycle
//           to the next setup_i. row_i holds the read_count_o rows from read_row_o a cycle after read_o. consumed_o takes the staged
//           chunk in a cycle with chunk_ready_i. activity_o may come some cycles late.
// Test      testbench/rtl/core_test.cpp
module wd_organisation #(
  parameter  int unsigned Organisation = wd_arch_pkg::Organisation,
  parameter  int unsigned PesPerGroup  = wd_arch_pkg::PesPerGroup,
  parameter  int unsigned Chunk        = wd_arch_pkg::Chunk,
  parameter  int unsigned Window       = wd_arch_pkg::Window,
  parameter  int unsigned AccBits      = wd_arch_pkg::AccBits,
  parameter  int unsigned WeightRows   = wd_arch_pkg::WeightRows,
  parameter  int unsigned GroupsPerWalker = wd_arch_pkg::GroupsPerWalker,
  parameter  int unsigned Entries      = wd_arch_pkg::Entries,
  parameter  int unsigned PlanesPerRow = wd_arch_pkg::PlanesPerRow,
  parameter  int unsigned SumSegment   = wd_arch_pkg::SumSegment,
  parameter  int unsigned LatchOperand = wd_arch_pkg::LatchOperand,
  parameter  int unsigned IncBits      = 24,
  localparam int unsigned Groups       = wd_arch_pkg::GroupsY * wd_arch_pkg::GroupsX,
  localparam int unsigned RowBits      = $clog2(WeightRows),
  localparam int unsigned BlockBits    = $clog2(PesPerGroup / wd_arch_pkg::Block + 1)
) (
  input  logic                                clk_i,
  input  logic                                rst_ni,
  input  logic [wd_arch_pkg::InstrBits-1:0]   instr_i,       // the convolution
  input  logic [wd_arch_pkg::SwitchCount-1:0] switches_i,
  input  logic [3:0]                          window_i,      // slots in use, 1 .. Window
  // tile control
  input  logic                                conv_i,        // a convolution begins
  input  logic                                next_oc_i,     // the tile that ends was the last of its channels
  input  logic                                setup_i,
  input  logic                                run_first_i,
  input  logic                                run_i,
  input  logic [BlockBits-1:0]                blocks_i,      // channel blocks of this tile
  input  logic [15:0]                         inside_i,      // groups whose output pixel lies inside the tensor
  output logic                                done_o,
  // weight row
  output logic                                read_o,
  output logic [RowBits-1:0]                  read_row_o,
  output logic [1:0]                          read_count_o,
  input  logic [PlanesPerRow*PesPerGroup*2*Chunk-1:0] row_i,
  // chunk of activations
  input  logic                                chunk_ready_i,
  input  logic [Groups*Chunk*8-1:0]           staged_i,
  output logic                                consumed_o,
  // results
  output logic [Groups*PesPerGroup*AccBits-1:0]          sums_o,
  output logic [wd_arch_pkg::CounterCount*IncBits-1:0]   activity_o
);
  if (Organisation == wd_arch_pkg::OrganisationWalkerSets) begin : g_walker_sets
    wd_walker_sets #(
      .PesPerGroup(PesPerGroup), .Chunk(Chunk), .Window(Window), .AccBits(AccBits), .WeightRows(WeightRows),
      .GroupsPerWalker(GroupsPerWalker), .Entries(Entries), .PlanesPerRow(PlanesPerRow), .SumSegment(SumSegment),
      .LatchOperand(LatchOperand), .IncBits(IncBits)
    ) u_walker_sets (
      .clk_i, .rst_ni, .instr_i, .switches_i, .window_i, .conv_i, .next_oc_i, .setup_i, .run_first_i, .run_i, .blocks_i,
      .inside_i, .done_o, .read_o, .read_row_o, .read_count_o, .row_i, .chunk_ready_i, .staged_i, .consumed_o,
      .sums_o, .activity_o
    );
  end else begin : g_unknown
    $fatal(1, "Organisation is not one of hw/arch/organisations.def that the RTL has");
  end
endmodule
