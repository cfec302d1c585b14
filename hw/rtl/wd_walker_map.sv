// SPDX-License-Identifier: Apache-2.0
// Walk map of one word: the positions that a walker spends a cycle on.
//
// Shape     set_i: a bit of the weight is set in the row's planes; nonzero_i: the weight is not zero.
// Timing    combinational.
// Numerics  docs/organisations/walker_sets.md, RUN.
module wd_walker_map #(
  parameter int unsigned Chunk = wd_arch_pkg::Chunk
) (
  input  logic             used_i,          // the channel exists in this tile
  input  logic             skip_weights_i,
  input  logic             skip_bits_i,
  input  logic             first_i,         // the chunk's first row
  input  logic [Chunk-1:0] set_i,
  input  logic [Chunk-1:0] nonzero_i,
  output logic [Chunk-1:0] walk_o
);
  // Without weight skipping zero weights are walked too; with bit skipping, once per chunk.
  logic zeros;
  assign zeros  = !skip_weights_i && (!skip_bits_i || first_i);
  assign walk_o = {Chunk{used_i}} & ((skip_bits_i ? set_i : nonzero_i) | (zeros ? ~nonzero_i : '0));
endmodule
