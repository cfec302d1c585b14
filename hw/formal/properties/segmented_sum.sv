// SPDX-License-Identifier: Apache-2.0
// Segmented sum against plain addition.
//
// Proves    low, middle, top and high segment with the pending carry are the sum of one wide register, from the first clear on, whichever
//           segments are clocked; without a pending carry the port is.
// Modules   wd_walker_sum wd_lanes_accumulate wd_lanes_below
// Runs      Segment=8; Segment=6 AddendBits=21; Segment=12 AccBits=24; Segment=8 Lanes=3
// Depth     1
// Planted   wd_walker_sum: .carry_i(carries[(Segment-1)*Lanes+:Lanes]) -> .carry_i('0)
// Planted   wd_walker_sum: carry & negative_i) -> carry & ~negative_i)
// Planted   wd_walker_sum: on_top  = {Lanes{!gate_segment_i}} | clear_i | reaches_top -> on_top = {Lanes{!gate_segment_i}} | clear_i
// Planted   wd_lanes_below: &set_i[b-1:0] -> &set_i[b-1:b/2]
module segmented_sum #(
  parameter int unsigned Lanes      = 1,
  parameter int unsigned AccBits    = 36,
  parameter int unsigned Segment    = 8,
  parameter int unsigned AddendBits = 20
) (
  input logic                        clk_i,
  input logic [Lanes-1:0]            go_i,
  input logic                        gate_segment_i,
  input logic [Lanes-1:0]            clear_i,
  input logic [Lanes-1:0]            negative_i,
  input logic [Lanes-1:0]            low_i,
  input logic [AddendBits*Lanes-1:0] magnitude_i
);
  logic [Lanes-1:0]         pending;
  logic [AccBits*Lanes-1:0] sums;
  wd_walker_sum #(.Lanes(Lanes), .AccBits(AccBits), .Segment(Segment), .AddendBits(AddendBits)) u_sum (
    .clk_i, .go_i, .gate_segment_i, .clear_i, .negative_i, .low_i, .magnitude_i, .pending_o(pending), .sum_o(sums)
  );
  (* hierconn *) wire [Lanes-1:0] \u_sum.g_segments.up_q ;
  (* hierconn *) wire [Lanes-1:0] \u_sum.g_segments.down_q ;
  localparam logic [AccBits-1:0] Bias = AccBits'(1) << 21;  // SumBias
  localparam logic [AccBits-1:0] High = AccBits'(1) << 22;  // what the high segment counts

  for (genvar l = 0; l < Lanes; l++) begin : g_lane
    logic [AddendBits-1:0] magnitude;
    logic [AccBits-1:0]    sum, plain_q, carried;
    logic                  known_q, up, down;
    for (genvar b = 0; b < AddendBits; b++) begin : g_magnitude
      assign magnitude[b] = magnitude_i[b*Lanes+l];
    end
    for (genvar b = 0; b < AccBits; b++) begin : g_sum
      assign sum[b] = sums[b*Lanes+l];
    end
    assign up      = \u_sum.g_segments.up_q [l];
    assign down    = \u_sum.g_segments.down_q [l];
    assign carried = sum + (up ? High : '0) - (down ? High : '0);
    initial known_q = 1'b0;
    always_ff @(posedge clk_i) if (go_i[l]) begin
      if (clear_i[l]) known_q <= 1'b1;
      plain_q <= clear_i[l] ? '0 : negative_i[l] ? plain_q - AccBits'(magnitude) : plain_q + AccBits'(magnitude);
    end
    always_comb begin
      assume (low_i[l] || magnitude[Segment-1:0] == '0);  // processing_element proves it
      if (known_q) begin
        assert (!(up && down));
        assert (carried == plain_q + Bias);
        if (!pending[l]) assert (sum == plain_q + Bias);
      end
    end
  end
endmodule
