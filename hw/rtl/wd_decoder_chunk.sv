// SPDX-License-Identifier: Apache-2.0
// The weights of the chunk that is decoded, and the rows of bit-plane words that they are.
//
// Shape     decoder d places weights of channels d, d + Decoders, ...; a row is 64 words {sign[16], mask[16]}.
// Timing    a weight, a channel's random signs or its locked weights are there from the next cycle on; clear_i empties everything.
// Not       whether a place is free: nothing is placed twice between two clears.
// Test      testbench/rtl/decoder_test.cpp
module wd_decoder_chunk #(
  parameter  int unsigned Decoders  = 32,
  parameter  int unsigned Signers   = 8,               // channels whose signs come in a cycle
  localparam int unsigned Channels  = 64,
  localparam int unsigned Slots     = Channels / Decoders,
  localparam int unsigned AtBits    = $clog2(16 * Slots + 1),
  localparam int unsigned GroupBits = $clog2(Channels / Signers)
) (
  input  logic                       clk_i,
  input  logic                       clear_i,
  input  logic [Decoders-1:0]        place_i,
  input  logic [Decoders*AtBits-1:0] position_i,
  input  logic [Decoders*3-1:0]      level_i,
  input  logic [Decoders-1:0]        sign_i,
  input  logic                       signs_i,          // of channels group * Signers ..
  input  logic [GroupBits-1:0]       group_i,
  input  logic [Signers*16-1:0]      sign_bits_i,
  input  logic                       locked_i,         // of a channel
  input  logic [5:0]                 channel_i,
  input  logic [15:0]                locked_lanes_i,
  input  logic [2:0]                 locked_level_i,
  input  logic [1:0]                 plane_i,
  output logic [Channels*32-1:0]     row_o
);
  for (genvar c = 0; c < Channels; c++) begin : g_channel
    localparam int unsigned D = c % Decoders;
    logic [15:0] level0_q, level1_q, level2_q, sign_q, here, signs, locked, some, mask;
    logic [AtBits-1:0] position;
    logic              mine, on, clk, go;
    assign position = position_i[D*AtBits+:AtBits];
    assign mine     = place_i[D] && 32'(position[AtBits-1:4]) == c / Decoders;
    assign here     = mine ? 16'(1) << position[3:0] : '0;
    assign signs    = signs_i && 32'(group_i) == c / Signers ? sign_bits_i[(c%Signers)*16+:16] : '0;
    assign locked   = locked_i && channel_i == 6'(c) ? locked_lanes_i : '0;
    assign on       = clear_i || mine || (signs_i && 32'(group_i) == c / Signers) || (locked_i && channel_i == 6'(c));
`ifdef SYNTHESIS
    wd_icg u_icg (.clk_i, .en_i(on), .clk_o(clk));
    assign go = 1'b1;
`else
    assign clk = clk_i;
    assign go  = on;
`endif
    always_ff @(posedge clk) if (go) begin
      level0_q <= clear_i ? '0 : level0_q | (level_i[D*3]   ? here : '0) | (locked_level_i[0] ? locked : '0);
      level1_q <= clear_i ? '0 : level1_q | (level_i[D*3+1] ? here : '0) | (locked_level_i[1] ? locked : '0);
      level2_q <= clear_i ? '0 : level2_q | (level_i[D*3+2] ? here : '0) | (locked_level_i[2] ? locked : '0);
      sign_q   <= clear_i ? '0 : sign_q | (sign_i[D] ? here : '0) | signs;
    end
    assign some = level0_q | level1_q | level2_q;
    assign mask = plane_i == 2'd0 ? level0_q : plane_i == 2'd1 ? level1_q : level2_q;
    assign row_o[c*32+:32] = {some & (sign_q | ~mask), mask};
  end
endmodule
