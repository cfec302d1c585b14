// SPDX-License-Identifier: Apache-2.0
// Makes the 22 round keys of Speck32/64 from a seed.
//
// Timing    start_i in cycle t: the keys are complete from cycle t + 23 on, in which done_o rises.
// Numerics  hw/formats/stream/sign_generator.hpp
// Test      testbench/rtl/speck_test.cpp
module wd_speck_keys (
  input  logic              clk_i,
  input  logic              rst_ni,
  input  logic              start_i,
  input  logic [63:0]       seed_i,
  output logic              done_o,
  output logic [16*22-1:0]  keys_o
);
  logic [4:0]  round_q;
  logic [15:0] key_q, next;
  logic [47:0] rest_q;
  assign done_o = round_q == 5'd22;
  assign next   = (key_q + {rest_q[6:0], rest_q[15:7]}) ^ 16'(round_q);
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) round_q <= 5'd22;
    else if (start_i) round_q <= '0;
    else if (!done_o) round_q <= round_q + 5'd1;
  end
  logic clk, go;
`ifdef SYNTHESIS
  wd_icg u_icg (.clk_i, .en_i(start_i || !done_o), .clk_o(clk));
  assign go = 1'b1;
`else
  assign clk = clk_i;
  assign go  = start_i || !done_o;
`endif
  always_ff @(posedge clk) if (go) begin
    if (start_i) begin
      {rest_q, key_q} <= seed_i;
    end else begin
      keys_o <= {key_q, keys_o[16*22-1:16]};
      key_q  <= {key_q[13:0], key_q[15:14]} ^ next;
      rest_q <= {next, rest_q[47:16]};
    end
  end
endmodule
