// SPDX-License-Identifier: Apache-2.0
// Group: the PEs of one output pixel, with the pixel's activations of the chunks that are walked.
//
// Shape     bit-major: place i, or bit b of a weight or of a sum, of PE p at i (b) * PesPerGroup + p.
// Timing    load_i: with a chunk's first row, staged_i goes into entry_i. The group's clock runs in SETUP, for a load, while a pick is
//           valid, and in a flush; never where its pixel lies outside of the tensor. op_o comes late in the cycle.
module wd_walker_group #(
  parameter  int unsigned PesPerGroup  = wd_arch_pkg::PesPerGroup,
  parameter  int unsigned Chunk        = wd_arch_pkg::Chunk,
  parameter  int unsigned Entries      = wd_arch_pkg::Entries,
  parameter  int unsigned PlanesPerRow = wd_arch_pkg::PlanesPerRow,
  parameter  int unsigned AccBits      = wd_arch_pkg::AccBits,
  parameter  int unsigned SumSegment   = wd_arch_pkg::SumSegment,
  parameter  int unsigned LatchOperand = wd_arch_pkg::LatchOperand,
  localparam int unsigned Places       = Entries * Chunk,
  localparam int unsigned WeightBits   = PlanesPerRow == 3 ? 3 : 2
) (
  input  logic                              clk_i,
  input  logic                              gate_group_i,
  input  logic                              gate_operand_i,
  input  logic                              gate_sum_i,
  input  logic                              gate_segment_i,
  input  logic                              reset_i,         // as SETUP, for all PEs
  input  logic                              setup_i,
  input  logic                              null_i,
  input  logic                              flush_i,
  input  logic [PesPerGroup-1:0]            used_i,          // PEs whose channel exists in this tile
  input  logic                              inside_i /* verilator public_flat_rd */, // the output pixel lies inside the tensor
  input  logic                              skip_zero_i,
  // activations
  input  logic                              load_i,
  input  logic [Entries-1:0]                entry_i,         // one-hot
  input  logic [Chunk*8-1:0]                staged_i /* verilator public_flat_rd */,
  // picks
  input  logic [PesPerGroup*Places-1:0]     pick_onehot_i,
  input  logic [PesPerGroup-1:0]            pick_valid_i,
  input  logic [PesPerGroup-1:0]            pick_negative_i,
  input  logic [PesPerGroup*WeightBits-1:0] pick_weight_i,
  input  logic [PesPerGroup-1:0]            pick_high_i,
  // results
  output logic [PesPerGroup-1:0]            op_o,            // PEs that select an operand
  output logic [PesPerGroup*AccBits-1:0]    sums_o /* verilator public_flat_rd */
);
  /* verilator no_inline_module */  // 16 instances share the simulator's code
  logic clk, on, takes;
  assign takes = inside_i && !reset_i;
  assign on    = !gate_group_i || reset_i
              || (inside_i && (setup_i || null_i || flush_i || load_i || pick_valid_i != '0));
  wd_icg u_icg (.clk_i, .en_i(on), .clk_o(clk));

  // Activations by bit, so that a selection is the OR of a bit's places.
  logic [8*Chunk-1:0]  staged;
  logic [8*Places-1:0] acts;
  always_comb begin
    for (int unsigned i = 0; i < Chunk; i++)
      for (int unsigned b = 0; b < 8; b++) staged[b*Chunk+i] = staged_i[i*8+b];
  end
  for (genvar e = 0; e < Entries; e++) begin : g_entry
    logic               load;
    logic [8*Chunk-1:0] entry_q;
    assign load = load_i && inside_i && entry_i[e];
`ifdef SYNTHESIS
    logic entry_clk;
    wd_icg u_icg_entry (.clk_i(clk), .en_i(load), .clk_o(entry_clk));
    always_ff @(posedge entry_clk) entry_q <= staged;
`else
    always_ff @(posedge clk) begin
      if (load) entry_q <= staged;
    end
`endif
    for (genvar b = 0; b < 8; b++) begin : g_bit
      assign acts[b*Places+e*Chunk+:Chunk] = entry_q[b*Chunk+:Chunk];
    end
  end

  // One lane a PE for synthesis, one PE of all lanes for the simulator.
`ifdef SYNTHESIS
  localparam int unsigned Lanes = 1;
`else
  localparam int unsigned Lanes = PesPerGroup;
`endif
  logic [PesPerGroup-1:0] clear, null_operand, flush;
  assign clear        = {PesPerGroup{reset_i}} | (used_i & {PesPerGroup{setup_i && inside_i}});
  assign null_operand = {PesPerGroup{reset_i}} | (used_i & {PesPerGroup{null_i && inside_i}});
  assign flush        = used_i & {PesPerGroup{flush_i && inside_i}};
  for (genvar p = 0; p < PesPerGroup; p += Lanes) begin : g_pe
    logic [Places*Lanes-1:0]     onehot;
    logic [WeightBits*Lanes-1:0] weight;
    logic [AccBits*Lanes-1:0]    sum;
    for (genvar i = 0; i < Places; i++) begin : g_place
      assign onehot[i*Lanes+:Lanes] = pick_onehot_i[i*PesPerGroup+p+:Lanes];
    end
    for (genvar b = 0; b < WeightBits; b++) begin : g_weight
      assign weight[b*Lanes+:Lanes] = pick_weight_i[b*PesPerGroup+p+:Lanes];
    end
    for (genvar b = 0; b < AccBits; b++) begin : g_sum
      assign sums_o[b*PesPerGroup+p+:Lanes] = sum[b*Lanes+:Lanes];
    end
    wd_walker_pe #(
      .Lanes(Lanes), .Chunk(Chunk), .Entries(Entries), .PlanesPerRow(PlanesPerRow), .AccBits(AccBits), .SumSegment(SumSegment),
      .LatchOperand(LatchOperand)
    ) u_pe (
      .clk_i(clk), .gate_operand_i, .gate_sum_i, .gate_segment_i,
      .clear_i(clear[p+:Lanes]), .null_i(null_operand[p+:Lanes]), .flush_i(flush[p+:Lanes]),
      .takes_i(takes), .skip_zero_i, .acts_i(acts),
      .pick_onehot_i(onehot), .pick_valid_i(pick_valid_i[p+:Lanes]), .pick_negative_i(pick_negative_i[p+:Lanes]),
      .pick_weight_i(weight), .pick_high_i(pick_high_i[p+:Lanes]),
      .op_o(op_o[p+:Lanes]), .sum_o(sum)
    );
  end
endmodule
