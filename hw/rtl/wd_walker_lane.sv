// SPDX-License-Identifier: Apache-2.0
// The window's slots of one PE index: mask, sign and walk map of up to Window rows.
//
// Timing    walk_o is the walk map of the word at the input, written with it at the issue.
// Numerics  walk map: see docs/organisations/walker_sets.md, RUN.
module wd_walker_lane #(
  parameter  int unsigned Chunk    = wd_arch_pkg::Chunk,
  parameter  int unsigned Window   = wd_arch_pkg::Window,
  localparam int unsigned SlotBits = Window > 1 ? $clog2(Window) : 1
) (
  input  logic                    clk_i,
  input  logic                    used_i,          // the PE's channel exists in this tile
  input  logic                    skip_weights_i,
  input  logic                    skip_bits_i,
  input  logic                    issue_i,
  input  logic [SlotBits-1:0]     slot_i,
  input  logic                    first_plane_i,
  input  logic [2*Chunk-1:0]      word_i,          // {sign, mask}
  output logic [Chunk-1:0]        walk_o,
  output logic [Window*Chunk-1:0] win_mask_o,
  output logic [Window*Chunk-1:0] win_sign_o,
  output logic [Window*Chunk-1:0] win_walk_o
);
  logic [Chunk-1:0] mask, sign, nonzero, zeros;
  assign {sign, mask} = word_i;
  assign nonzero = mask | sign;
  // Without weight skipping zero weights are walked too; with bit skipping, once per weight.
  assign zeros  = skip_weights_i || (skip_bits_i && !first_plane_i) ? '0 : ~nonzero;
  assign walk_o = used_i ? (skip_bits_i ? mask : nonzero) | zeros : '0;

  always_ff @(posedge clk_i) begin
    if (issue_i) begin
      win_mask_o[slot_i*Chunk+:Chunk] <= mask;
      win_sign_o[slot_i*Chunk+:Chunk] <= sign;
      win_walk_o[slot_i*Chunk+:Chunk] <= walk_o;
    end
  end
endmodule
