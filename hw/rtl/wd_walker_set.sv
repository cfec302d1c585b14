// SPDX-License-Identifier: Apache-2.0
// Walkers of one set of groups, with the set's non-zero maps.
//
// Shape     channel-major: walker p at p times its width; picks bit-major, as wd_walker_group takes them. staged_nonzero_i: the
//           groups' maps of the staged chunk.
// Timing    load_i: with a chunk's first row, the maps of the chunk go into entry_i.
module wd_walker_set #(
  parameter  int unsigned GroupsPerWalker = wd_arch_pkg::GroupsPerWalker,
  parameter  int unsigned PesPerGroup     = wd_arch_pkg::PesPerGroup,
  parameter  int unsigned Chunk           = wd_arch_pkg::Chunk,
  parameter  int unsigned Window          = wd_arch_pkg::Window,
  parameter  int unsigned Entries         = wd_arch_pkg::Entries,
  parameter  int unsigned PlanesPerRow    = wd_arch_pkg::PlanesPerRow,
  localparam int unsigned EntryBits = Entries > 1 ? $clog2(Entries) : 1,
  localparam int unsigned InfoBits  = 2 + EntryBits,
  localparam int unsigned WordBits        = (PlanesPerRow + 1) * Chunk,
  localparam int unsigned WeightBits      = PlanesPerRow == 3 ? 3 : 2,
  localparam int unsigned Places          = Entries * Chunk
) (
  input  logic                                   clk_i,
  input  logic                                   gate_i,
  input  logic                                   clear_i,
  input  logic [PesPerGroup-1:0]                 used_i,
  input  logic                                   skip_weights_i,
  input  logic                                   skip_bits_i,
  // issue
  input  logic [Window-1:0]                      write_i,        // the slot that is written
  input  logic                                   load_i,
  input  logic [Entries-1:0]                     entry_i,        // one-hot
  input  logic [PesPerGroup*Chunk-1:0]           issue_walk_i,
  input  logic [GroupsPerWalker*Chunk-1:0]       staged_nonzero_i,
  // window
  input  logic [Window-1:0]                      older_i,
  input  logic [PesPerGroup*Window*WordBits-1:0] slots_i,
  input  logic [Window*InfoBits-1:0]             info_i,
  output logic [Window-1:0]                      left_o,
  output logic [PesPerGroup-1:0]                 active_o,
  output logic [PesPerGroup-1:0]                 walked_o,
  // picks
  output logic [PesPerGroup*Places-1:0]          onehot_o,
  output logic [PesPerGroup-1:0]                 valid_o,
  output logic [PesPerGroup-1:0]                 negative_o,
  output logic [PesPerGroup*WeightBits-1:0]      weight_o,
  output logic [PesPerGroup-1:0]                 high_o
);
  /* verilator no_inline_module */  // all sets share the simulator's code
  logic [Chunk-1:0]  staged, issued;
  logic [Places-1:0] nonzero;
  always_comb begin
    staged = '0;
    for (int unsigned g = 0; g < GroupsPerWalker; g++) staged = staged | staged_nonzero_i[g*Chunk+:Chunk];
    issued = load_i ? staged : '0;
    for (int unsigned e = 0; e < Entries; e++)
      issued = issued | (nonzero[e*Chunk+:Chunk] & {Chunk{!load_i && entry_i[e]}});
  end
  for (genvar e = 0; e < Entries; e++) begin : g_entry
    logic [Chunk-1:0] map_q;
`ifdef SYNTHESIS
    logic clk;
    wd_icg u_icg (.clk_i, .en_i(load_i && entry_i[e]), .clk_o(clk));
    always_ff @(posedge clk) map_q <= staged;
`else
    always_ff @(posedge clk_i) begin
      if (load_i && entry_i[e]) map_q <= staged;
    end
`endif
    assign nonzero[e*Chunk+:Chunk] = map_q;
  end

  logic [PesPerGroup*Window-1:0] left;
  for (genvar p = 0; p < PesPerGroup; p++) begin : g_walker
    logic [Places-1:0]     onehot;
    logic [WeightBits-1:0] weight;
    for (genvar i = 0; i < Places; i++) begin : g_place
      assign onehot_o[i*PesPerGroup+p] = onehot[i];
    end
    for (genvar b = 0; b < WeightBits; b++) begin : g_weight
      assign weight_o[b*PesPerGroup+p] = weight[b];
    end
    wd_walker #(.Chunk(Chunk), .Window(Window), .Entries(Entries), .PlanesPerRow(PlanesPerRow)) u_walker (
      .clk_i, .gate_i, .clear_i, .used_i(used_i[p]), .skip_weights_i, .skip_bits_i,
      .write_i, .issue_walk_i(issue_walk_i[p*Chunk+:Chunk]), .issue_nonzero_i(issued), .older_i,
      .slots_i(slots_i[p*Window*WordBits+:Window*WordBits]), .info_i, .nonzero_i(nonzero),
      .left_o(left[p*Window+:Window]), .active_o(active_o[p]), .walked_o(walked_o[p]),
      .onehot_o(onehot), .valid_o(valid_o[p]), .negative_o(negative_o[p]),
      .weight_o(weight), .high_o(high_o[p])
    );
  end
  always_comb begin
    left_o = '0;
    for (int unsigned p = 0; p < PesPerGroup; p++) left_o = left_o | left[p*Window+:Window];
  end
endmodule
