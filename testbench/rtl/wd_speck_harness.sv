// SPDX-License-Identifier: Apache-2.0
// Speck's round keys and its pipeline together, for speck_test.cpp.
module wd_speck_harness #(
  parameter int unsigned RoundsPerStage = 2
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        start_i,
  input  logic [63:0] seed_i,
  output logic        done_o,
  input  logic        move_i,
  input  logic [31:0] index_i,
  output logic [31:0] block_o
);
  logic [351:0] keys;
  wd_speck_keys u_keys (.clk_i, .rst_ni, .start_i, .seed_i, .done_o, .keys_o(keys));
  wd_speck #(.RoundsPerStage(RoundsPerStage)) u_speck (.clk_i, .move_i, .keys_i(keys), .index_i, .block_o);
endmodule
