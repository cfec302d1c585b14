// SPDX-License-Identifier: Apache-2.0
// Speck32/64 as a pipeline: encrypts a counter value a cycle, given the round keys.
//
// Timing    Rounds / RoundsPerStage cycles in which move_i is high; block_o is a register.
// Numerics  hw/formats/stream/sign_generator.hpp
// Test      testbench/rtl/speck_test.cpp (the paper's test vector)
module wd_speck #(
  parameter int unsigned RoundsPerStage = 2,
  localparam int unsigned Rounds        = 22,
  localparam int unsigned Stages        = Rounds / RoundsPerStage
) (
  input  logic                 clk_i,
  input  logic                 move_i,
  input  logic [16*Rounds-1:0] keys_i,   // of round r at 16 r
  input  logic [31:0]          index_i,
  output logic [31:0]          block_o
);
  if (Rounds % RoundsPerStage != 0) begin : g_check
    $fatal(1, "RoundsPerStage must divide 22");
  end
  logic clk, go;
`ifdef SYNTHESIS
  wd_icg u_icg (.clk_i, .en_i(move_i), .clk_o(clk));
  assign go = 1'b1;
`else
  assign clk = clk_i;
  assign go  = move_i;
`endif
  logic [32*(Stages+1)-1:0] at_stage /* verilator split_var */;
  assign at_stage[31:0] = index_i;
  for (genvar s = 0; s < Stages; s++) begin : g_stage
    logic [31:0] block, block_q;
    always_comb begin
      block = at_stage[s*32+:32];
      for (int unsigned r = s * RoundsPerStage; r < (s + 1) * RoundsPerStage; r++) begin
        block[31:16] = ({block[22:16], block[31:23]} + block[15:0]) ^ keys_i[r*16+:16];
        block[15:0]  = {block[13:0], block[15:14]} ^ block[31:16];
      end
    end
    always_ff @(posedge clk) if (go) block_q <= block;
    assign at_stage[(s+1)*32+:32] = block_q;
  end
  assign block_o = at_stage[Stages*32+:32];
endmodule
