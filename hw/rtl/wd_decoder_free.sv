// SPDX-License-Identifier: Apache-2.0
// Where a decoder's free weights lie: keeps the free lanes of its channels and finds the lane of the n-th free one.
//
// Timing    free_i brings the channels one after the other. place_i in cycle t: place_o with the lane in t + 3; a stage finds
//           the channel, the next the lane.
// Test      testbench/rtl/decoder_test.cpp
module wd_decoder_free #(
  parameter  int unsigned Slots    = 4,
  localparam int unsigned AtBits   = $clog2(16 * Slots + 1),
  localparam int unsigned SlotBits = $clog2(Slots + 1)
) (
  input  logic                clk_i,
  input  logic                start_i,
  input  logic                begin_i,     // a chunk begins
  input  logic [SlotBits-1:0] slots_i,     // with so many of the channels
  input  logic                free_i,      // the next channel's free lanes
  input  logic [15:0]         lanes_i,
  input  logic [4:0]          count_i,     // of them
  output logic [AtBits-1:0]   size_o,      // free lanes so far, this cycle's included
  input  logic                place_i,
  input  logic [AtBits-1:0]   position_i,  // among free lanes
  input  logic [3:0]          value_i,
  output logic                place_o,
  output logic [AtBits-1:0]   position_o,  // among all lanes
  output logic [3:0]          value_o
);
  logic [Slots*16-1:0]     lanes_q;
  logic [Slots*AtBits-1:0] begins_q;      // free lanes before each channel
  logic [AtBits-1:0]       size_q, position_q;
  logic [SlotBits-1:0]     slot_q, slots_q, slot, at_slot_q, placed_slot_q;
  logic                    place_q, at_place_q, placed_q;
  logic [3:0]              value_q, at_value_q, placed_value_q, lane, lane_q;
  logic [15:0]             lanes, at_lanes_q;
  logic [4:0]              rest, rest_q;  // of the position, behind earlier channels
  assign size_o = size_q + (free_i && slot_q < slots_q ? AtBits'(count_i) : '0);
  logic             on_place, clk_size, clk_place, go_place;
  logic [Slots-1:0] on_slot, clk_slot, go_slot;
  assign on_place = start_i || place_i || place_q || at_place_q || placed_q;
  for (genvar s = 0; s < Slots; s++) begin : g_slot
    assign on_slot[s] = free_i && 32'(slot_q) == s;
`ifdef SYNTHESIS
    wd_icg u_icg (.clk_i, .en_i(on_slot[s]), .clk_o(clk_slot[s]));
`endif
  end
`ifdef SYNTHESIS
  wd_icg u_icg_size (.clk_i, .en_i(begin_i || free_i), .clk_o(clk_size));
  wd_icg u_icg_place (.clk_i, .en_i(on_place), .clk_o(clk_place));
  assign go_place = 1'b1;
  assign go_slot  = '1;
`else
  assign clk_size  = clk_i;
  assign clk_place = clk_i;
  assign clk_slot  = {Slots{clk_i}};
  assign go_place  = on_place;
  assign go_slot   = on_slot;
`endif
  always_ff @(posedge clk_size) begin
    if (begin_i) begin
      size_q  <= '0;
      slot_q  <= '0;
      slots_q <= slots_i;
    end else if (free_i) begin
      size_q <= size_o;
      slot_q <= slot_q + 1'b1;
    end
  end
  for (genvar s = 0; s < Slots; s++) begin : g_lanes
    logic [15:0]       slot_lanes_q;
    logic [AtBits-1:0] slot_begins_q;
    always_ff @(posedge clk_slot[s]) if (go_slot[s]) begin
      slot_lanes_q  <= lanes_i;
      slot_begins_q <= size_q;
    end
    assign lanes_q[s*16+:16]          = slot_lanes_q;
    assign begins_q[s*AtBits+:AtBits] = slot_begins_q;
  end
  always_ff @(posedge clk_place) if (go_place) begin
    place_q        <= place_i && !start_i;
    position_q     <= position_i;
    value_q        <= value_i;
    at_place_q     <= place_q && !start_i;
    at_slot_q      <= slot;
    at_lanes_q     <= lanes;
    rest_q         <= rest;
    at_value_q     <= value_q;
    placed_q       <= at_place_q && !start_i;
    placed_slot_q  <= at_slot_q;
    lane_q         <= lane;
    placed_value_q <= at_value_q;
  end
  always_comb begin
    slot   = '0;
    rest   = 5'(position_q);
    lanes  = lanes_q[15:0];
    for (int unsigned s = 1; s < Slots; s++)
      if (position_q >= begins_q[s*AtBits+:AtBits]) begin
        slot   = SlotBits'(s);
        rest   = 5'(position_q - begins_q[s*AtBits+:AtBits]);
        lanes  = lanes_q[s*16+:16];
      end
  end
  always_comb begin
    lane = '0;
    for (int unsigned i = 0; i < 16; i++)
      if (at_lanes_q[i] && 5'($countones(at_lanes_q & 16'((1 << i) - 1))) == rest_q) lane = lane | 4'(i);
  end
  assign place_o    = placed_q;
  assign position_o = AtBits'({placed_slot_q, lane_q});
  assign value_o    = placed_value_q;
endmodule
