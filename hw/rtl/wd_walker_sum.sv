// SPDX-License-Identifier: Apache-2.0
// Exact sum of one PE, in segments whose clocks run only when an operand, or a carry, reaches them.
//
// Shape     Lanes and bit-major ports as in wd_walker_pe. sum_o = {high, top, middle, low}; low of Segment bits, low, middle and top
//           together of 22; Segment 0: a plain sum.
// Numerics  the segmented sum carries a bias of 2^21 (SumBias); a plain one has none.
// Timing    clk_i is the PE's (in simulation go_i says when it runs). With each of its edges the sum takes the operand at the ports, but for what it
//           carries into the high segment, which moves with the next edge: pending_o. SETUP clears the sum.
// Test      testbench/rtl/walker_pe_test.cpp
module wd_walker_sum #(
  parameter int unsigned Lanes      = 1,
  parameter int unsigned AccBits    = wd_arch_pkg::AccBits,
  parameter int unsigned Segment    = wd_arch_pkg::SumSegment,
  parameter int unsigned AddendBits = 20
) (
  input  logic                        clk_i,
  input  logic [Lanes-1:0]            go_i,
  input  logic                        gate_segment_i,
  input  logic [Lanes-1:0]            clear_i,
  input  logic [Lanes-1:0]            negative_i,
  input  logic [Lanes-1:0]            low_i,       // the operand reaches the low segment
  input  logic [AddendBits*Lanes-1:0] magnitude_i,
  output logic [Lanes-1:0]            pending_o,   // the high segment has not moved yet
  output logic [AccBits*Lanes-1:0]    sum_o
);
  if (Segment == 0) begin : g_plain
    logic [AccBits*Lanes-1:0] sum;
    logic [AccBits*Lanes-1:0] carries;
    wd_lanes_accumulate #(.Lanes(Lanes), .Bits(AccBits)) u_add (
      .sum_i(sum_o), .magnitude_i((AccBits * Lanes)'(magnitude_i)), .negative_i, .carry_i('0), .sum_o(sum), .carries_o(carries)
    );
    always_ff @(posedge clk_i) sum_o <= (sum & {AccBits{go_i & ~clear_i}}) | (sum_o & ~{AccBits{go_i}});
    assign pending_o = '0;
    logic unused;
    assign unused = &{1'b0, gate_segment_i, low_i, carries};
  end else begin : g_segments
    localparam int unsigned WordBits = 22;  // low, middle and top: what an addend reaches by itself
    localparam int unsigned TopBegin = 16;  // few operands reach beyond
    localparam int unsigned MidBits  = TopBegin - Segment;
    localparam int unsigned TopBits  = WordBits - TopBegin;
    localparam int unsigned HighBits = AccBits - WordBits;

    logic [WordBits*Lanes-1:0] word, word_m, carries;
    logic [TopBits*Lanes-1:0]  top_q;
    logic [MidBits*Lanes-1:0]  mid_q;
    logic [Segment*Lanes-1:0]  low_q;
    logic [HighBits*Lanes-1:0] high_q, turns;
    logic [Lanes-1:0]          carry, reaches_top, up_q, down_q;
    assign word_m    = (WordBits * Lanes)'(magnitude_i);
    assign sum_o     = {high_q, top_q, mid_q, low_q};
    assign pending_o = up_q | down_q;
    assign carry     = carries[(WordBits-1)*Lanes+:Lanes];
    wd_lanes_accumulate #(.Lanes(Lanes), .Bits(Segment)) u_low (
      .sum_i(low_q), .magnitude_i(word_m[Segment*Lanes-1:0]), .negative_i(negative_i & low_i), .carry_i('0),
      .sum_o(word[Segment*Lanes-1:0]), .carries_o(carries[Segment*Lanes-1:0])
    );
    wd_lanes_accumulate #(.Lanes(Lanes), .Bits(MidBits + TopBits)) u_mid (
      .sum_i({top_q, mid_q}), .magnitude_i(word_m[WordBits*Lanes-1:Segment*Lanes]), .negative_i, .carry_i(carries[(Segment-1)*Lanes+:Lanes]),
      .sum_o(word[WordBits*Lanes-1:Segment*Lanes]), .carries_o(carries[WordBits*Lanes-1:Segment*Lanes])
    );
    always_comb begin
      reaches_top = carries[(TopBegin-1)*Lanes+:Lanes];
      for (int unsigned b = TopBegin; b < AddendBits; b++) reaches_top = reaches_top | word_m[b*Lanes+:Lanes];
    end

    logic [Lanes-1:0] on_low, on_top, on_high, go_low, go_top, go_high;
    logic             clk_low, clk_top, clk_high;
    assign on_low  = {Lanes{!gate_segment_i}} | clear_i | low_i;
    assign on_top  = {Lanes{!gate_segment_i}} | clear_i | reaches_top;
    assign on_high = {Lanes{!gate_segment_i}} | clear_i | carry | pending_o;
`ifdef SYNTHESIS
    wd_icg u_icg_low (.clk_i, .en_i(on_low), .clk_o(clk_low));
    wd_icg u_icg_top (.clk_i, .en_i(on_top), .clk_o(clk_top));
    wd_icg u_icg_high (.clk_i, .en_i(on_high), .clk_o(clk_high));
    assign {go_low, go_top, go_high} = '1;
`else
    assign {clk_low, clk_top, clk_high} = {3{clk_i}};
    assign go_low  = go_i & on_low;
    assign go_top  = go_i & on_top;
    assign go_high = go_i & on_high;
`endif
    always_ff @(posedge clk_i) mid_q <= (word[TopBegin*Lanes-1:Segment*Lanes] & {MidBits{go_i & ~clear_i}}) | (mid_q & ~{MidBits{go_i}});
    always_ff @(posedge clk_low) low_q <= (word[Segment*Lanes-1:0] & {Segment{go_low & ~clear_i}}) | (low_q & ~{Segment{go_low}});
    always_ff @(posedge clk_top)
      top_q <= (word[WordBits*Lanes-1:TopBegin*Lanes] & {TopBits{go_top & ~clear_i}}) | (top_q & ~{TopBits{go_top}}) | {go_top & clear_i, {((TopBits - 1) * Lanes){1'b0}}};

    // Counts up or down: a bit turns when all below it are ones (zeros).
    logic [HighBits*Lanes-1:0] below;
    wd_lanes_below #(.Lanes(Lanes), .Bits(HighBits)) u_below (.set_i(high_q ^ {HighBits{down_q}}), .below_o(below));
    assign turns = below & {HighBits{pending_o}};
    always_ff @(posedge clk_high) begin
      up_q   <= (go_high & ~clear_i & carry & ~negative_i) | (up_q & ~go_high);
      down_q <= (go_high & ~clear_i & carry & negative_i) | (down_q & ~go_high);
      high_q <= (high_q & ~{HighBits{go_high & clear_i}}) ^ (turns & {HighBits{go_high & ~clear_i}});
    end
    logic unused;
    assign unused = &{1'b0, carries};
  end
endmodule
