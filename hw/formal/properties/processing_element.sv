// SPDX-License-Identifier: Apache-2.0
// Processing element against plain multiplication and addition.
//
// Proves    sum, pending carry and the operand that waits in its register are together the sum of all products since the clear, whichever
//           clocks are gated; after an operand of zero and a flush the port alone is. `low` is set where an addend has bits below the segment's end.
// Modules   wd_walker_pe wd_walker_sum wd_lanes_accumulate wd_lanes_below wd_lanes_add wd_lanes_select
// Runs      PlanesPerRow=2; PlanesPerRow=1 Lanes=2; PlanesPerRow=3 SumSegment=12 AccBits=28
// Depth     1
// Planted   wd_walker_pe: {Lanes{k <= SumSegment}} -> {Lanes{k < SumSegment}}
// Planted   wd_walker_pe: act[3*Lanes+:Lanes] | ~normal} -> act[3*Lanes+:Lanes]}
// Planted   wd_walker_pe: clear_i | null_i | (flush_i & pending) | op -> clear_i | null_i | op
// Planted   wd_walker_sum: | clear_i | carry | pending_o; -> | clear_i | carry;
module processing_element #(
  parameter  int unsigned Lanes        = 1,
  parameter  int unsigned PlanesPerRow = 2,
  parameter  int unsigned AccBits      = 36,
  parameter  int unsigned SumSegment   = 8,
  localparam int unsigned Places       = 4,
  localparam int unsigned WeightBits   = PlanesPerRow == 3 ? 3 : 2,
  localparam int unsigned AddendBits   = PlanesPerRow == 3 ? 21 : 20
) (
  input logic                        clk_i,
  input logic                        gate_operand_i,
  input logic                        gate_sum_i,
  input logic                        gate_segment_i,
  input logic [Lanes-1:0]            clear_i,
  input logic [Lanes-1:0]            null_i,
  input logic [Lanes-1:0]            flush_i,
  input logic                        skip_zero_i,
  input logic [8*Places-1:0]         acts_i,
  input logic [2*Lanes-1:0]          place_i,
  input logic [Lanes-1:0]            pick_valid_i,
  input logic [Lanes-1:0]            pick_negative_i,
  input logic [WeightBits*Lanes-1:0] pick_weight_i,
  input logic [Lanes-1:0]            pick_high_i
);
  logic [Places*Lanes-1:0]  onehot;
  logic [AccBits*Lanes-1:0] sums;
  logic [Lanes-1:0]         op;
  wd_walker_pe #(
    .Lanes(Lanes), .Chunk(2), .Entries(2), .PlanesPerRow(PlanesPerRow), .AccBits(AccBits), .SumSegment(SumSegment), .LatchOperand(0)
  ) u_pe (
    .clk_i, .gate_operand_i, .gate_sum_i, .gate_segment_i, .clear_i, .null_i, .flush_i, .takes_i(1'b1), .skip_zero_i, .acts_i,
    .pick_onehot_i(onehot), .pick_valid_i, .pick_negative_i, .pick_weight_i, .pick_high_i, .op_o(op), .sum_o(sums)
  );
  (* hierconn *) wire [Lanes-1:0]            \u_pe.u_sum.g_segments.up_q ;
  (* hierconn *) wire [Lanes-1:0]            \u_pe.u_sum.g_segments.down_q ;
  (* hierconn *) wire [AddendBits*Lanes-1:0] \u_pe.magnitude ;
  (* hierconn *) wire [Lanes-1:0]            \u_pe.negative_q ;
  (* hierconn *) wire [Lanes-1:0]            \u_pe.low ;
  localparam logic [AccBits-1:0] Bias = AccBits'(1) << 21;
  localparam logic [AccBits-1:0] High = AccBits'(1) << 22;

  for (genvar l = 0; l < Lanes; l++) begin : g_lane
    logic [7:0]            act;
    logic [2:0]            weight;
    logic [3:0]            significand;
    logic [AddendBits-1:0] product, waiting;
    logic [AccBits-1:0]    sum, plain_q, carried, all;
    logic                  known_q, nulled_q, flushed_q, up, down, waits_negative;
    for (genvar p = 0; p < Places; p++) begin : g_place
      assign onehot[p*Lanes+l] = pick_valid_i[l] && place_i[2*l+:2] == 2'(p);
    end
    for (genvar b = 0; b < 8; b++) begin : g_act
      assign act[b] = acts_i[b*Places+32'(place_i[2*l+:2])];
    end
    for (genvar b = 0; b < AddendBits; b++) begin : g_waiting
      assign waiting[b] = \u_pe.magnitude [b*Lanes+l];
    end
    for (genvar b = 0; b < AccBits; b++) begin : g_sum
      assign sum[b] = sums[b*Lanes+l];
    end
    if (PlanesPerRow == 3) begin : g_weight
      assign weight = {pick_weight_i[2*Lanes+l], pick_weight_i[Lanes+l], pick_weight_i[l]};
    end else begin : g_weight
      assign weight = pick_high_i[l] ? 3'd4 : {1'b0, pick_weight_i[Lanes+l], pick_weight_i[l]};
    end
    // FP8: significand with its leading one where the exponent is not zero, times 2^(max(exponent, 1) - 1).
    assign significand = {act[6:3] != 4'd0, act[2:0]};
    assign product     = (AddendBits'(significand) * AddendBits'(weight)) << (act[6:3] == 4'd0 ? 4'd0 : act[6:3] - 4'd1);

    assign up             = \u_pe.u_sum.g_segments.up_q [l];
    assign down           = \u_pe.u_sum.g_segments.down_q [l];
    assign waits_negative = \u_pe.negative_q [l];
    assign carried        = sum + (up ? High : '0) - (down ? High : '0);
    assign all            = waits_negative ? carried - AccBits'(waiting) : carried + AccBits'(waiting);
    initial known_q = 1'b0;
    initial nulled_q = 1'b0;
    initial flushed_q = 1'b0;
    always_ff @(posedge clk_i) begin
      nulled_q  <= null_i[l] && !pick_valid_i[l];
      flushed_q <= nulled_q && flush_i[l] && !pick_valid_i[l] && !clear_i[l];
      if (clear_i[l]) begin
        known_q <= 1'b1;
        plain_q <= '0;
      end else if (pick_valid_i[l]) begin
        plain_q <= act[7] != pick_negative_i[l] ? plain_q - AccBits'(product) : plain_q + AccBits'(product);
      end
    end
    always_comb begin
      // As walkers pick: a weight with each pick and none without, plane 2 alone, of single planes one bit, nothing in SETUP.
      assume (pick_valid_i[l] == (weight != 3'd0));
      if (PlanesPerRow != 3) assume (!pick_high_i[l] || {pick_weight_i[Lanes+l], pick_weight_i[l]} == 2'd0);
      if (PlanesPerRow == 1) assume (!(pick_weight_i[Lanes+l] && pick_weight_i[l]));
      assume (!clear_i[l] || !pick_valid_i[l]);
      assert (\u_pe.low [l] || waiting[SumSegment-1:0] == '0);
      assert (op[l] == (pick_valid_i[l] && (act[6:0] != '0 || !skip_zero_i)));
      if (known_q) begin
        assert (!(up && down));
        assert (all == plain_q + Bias);
        if (nulled_q && !clear_i[l]) assert (waiting == '0);
        if (flushed_q) assert (sum == plain_q + Bias);
      end
    end
  end
endmodule
