// SPDX-License-Identifier: Apache-2.0
// Exact sum of one PE, in segments whose clocks run only when an operand reaches them.
//
// Shape     sum_o = {high, middle, low}; low of Segment bits, low and middle together of 22; Segment 0: a plain sum.
// Numerics  the segmented sum carries a bias of 2^21 (SumBias) and is complete after two flush_i; a plain one has none.
// Timing    turn_i turns with each operand, which is at the ports in the cycle after (op_o). It is in the addend from the
//           next cycle on, in the sum with the next operand or flush_i. In a flush the ports hold an operand of zero. Before the first
//           sum the addend must have been made zero by a flush: SETUP does not.
// Test      testbench/rtl/walker_sum_test.cpp
module wd_walker_sum #(
  parameter int unsigned AccBits    = wd_arch_pkg::AccBits,
  parameter int unsigned Segment    = wd_arch_pkg::SumSegment,
  parameter int unsigned Latch      = 0,   // addend in low-phase latches; in synthesis only
  parameter int unsigned AddendBits = 20
) (
  input  logic                  clk_i,
  input  logic                  gate_sum_i,
  input  logic                  gate_segment_i,
  input  logic                  clear_i,
  input  logic                  flush_i,
  input  logic                  turn_i,
  input  logic                  negative_i,
  input  logic                  low_i,       // the operand reaches the low segment
  input  logic [AddendBits-1:0] magnitude_i,
  output logic                  op_o,
  output logic [AccBits-1:0]    sum_o
);
  // What clocks the sum: an operand, SETUP, a flush. In a flush, and in every cycle of an ungated sum, an operand register
  // without operand holds zero, which adds nothing.
  logic on, go, clk, follow_q;
  assign op_o = turn_i ^ follow_q;
  assign on   = !gate_sum_i || clear_i || flush_i || op_o;
`ifdef SYNTHESIS
  wd_icg u_icg (.clk_i, .en_i(on), .clk_o(clk));
  assign go = 1'b1;
`else  // the same function with enables, which simulate faster than 1024 gated clocks
  assign clk = clk_i;
  assign go  = on;
`endif
  always_ff @(posedge clk) begin
    if (go) follow_q <= turn_i;
  end

  if (Segment == 0) begin : g_plain
    logic [AccBits-1:0] addend;
    assign addend = AccBits'(magnitude_i) ^ {AccBits{negative_i}};
    always_ff @(posedge clk) begin
      if (go) sum_o <= clear_i ? '0 : sum_o + addend + AccBits'(negative_i);
    end
    logic unused;
    assign unused = &{1'b0, gate_segment_i, low_i};
  end else begin : g_segments
    localparam int unsigned WordBits = 22;  // low and middle: what an addend reaches by itself
    localparam int unsigned MidBits  = WordBits - Segment;
    localparam int unsigned HighBits = AccBits - WordBits;
    localparam int unsigned TopBits  = AddendBits - Segment;

    // The addend, inverted where it is negative: of the operand before.
    logic [TopBits-1:0] top, top_q;
    logic [Segment-1:0] bottom, bottom_q;
    logic               negative_q, reaches_q;
    assign {top, bottom} = magnitude_i ^ {AddendBits{negative_i}};

    logic [Segment-1:0]  low_q, low;
    logic [MidBits-1:0]  mid_q, mid;
    logic [HighBits-1:0] high_q;
    logic                carry_low, carry_in, carry_mid, up_q, down_q;
    always_comb begin
      {carry_low, low} = '0;
      {carry_mid, mid} = '0;
      carry_in         = 1'b0;
`ifndef SYNTHESIS
      if (go)  // spares the simulator the sum; gates would only toggle
`endif
      begin
        {carry_low, low} = (Segment + 1)'(low_q) + (Segment + 1)'(bottom_q) + (Segment + 1)'(negative_q);
        // Without low bits the 1 that a subtraction owes enters at the middle.
        carry_in         = reaches_q ? carry_low : negative_q;
        {carry_mid, mid} = (MidBits + 1)'(mid_q) + (MidBits + 1)'({{(MidBits - TopBits){negative_q}}, top_q})
                         + (MidBits + 1)'(carry_in);
      end
    end
    assign sum_o = {high_q, mid_q, low_q};

    logic on_bottom, on_low, on_high, go_bottom, go_low, go_high, clk_bottom, clk_low, clk_high;
    assign on_bottom = !gate_segment_i || low_i;
    assign on_low    = !gate_segment_i || clear_i || reaches_q;
    assign on_high   = !gate_segment_i || clear_i || up_q || down_q;
`ifdef SYNTHESIS
    wd_icg u_icg_low (.clk_i(clk), .en_i(on_low), .clk_o(clk_low));
    wd_icg u_icg_high (.clk_i(clk), .en_i(on_high), .clk_o(clk_high));
    assign {go_bottom, go_low, go_high} = '1;
`else
    assign clk_low  = clk;
    assign clk_high = clk;
    assign go_bottom = go && on_bottom;
    assign go_low    = go && on_low;
    assign go_high   = go && on_high;
`endif

`ifdef SYNTHESIS
    if (Latch != 0) begin : g_latch
      // Open in the low phase of the operand's cycle: the adders see it settled, and the sum takes it at once.
      logic open, open_bottom;
      assign open        = !(clk_i || !on);
      assign open_bottom = open && on_bottom;
      assign clk_bottom  = 1'b0;
      always_latch begin
        if (open) begin
          top_q      = top;
          negative_q = negative_i;
          reaches_q  = low_i;
        end
      end
      always_latch begin
        if (open_bottom) bottom_q = bottom;
      end
      logic unused;
      assign unused = &{1'b0, clk_bottom, go_bottom};
    end else begin : g_flop
      wd_icg u_icg_bottom (.clk_i(clk), .en_i(on_bottom), .clk_o(clk_bottom));
      always_ff @(posedge clk) begin
        top_q      <= top;
        negative_q <= negative_i;
        reaches_q  <= low_i;
      end
      always_ff @(posedge clk_bottom) bottom_q <= bottom;
      logic unused;
      assign unused = &{1'b0, go_bottom};
    end
`else
    assign clk_bottom = clk;
    always_ff @(posedge clk) begin
      if (go) begin
        top_q      <= top;
        negative_q <= negative_i;
        reaches_q  <= low_i;
      end
    end
    always_ff @(posedge clk_bottom) begin
      if (go_bottom) bottom_q <= bottom;
    end
    logic unused;
    assign unused = Latch != 0;
`endif

    always_ff @(posedge clk) begin
      if (go) begin
        mid_q  <= clear_i ? {1'b1, {(MidBits - 1){1'b0}}} : mid;
        up_q   <= !clear_i && carry_mid && !negative_q;
        down_q <= !clear_i && !carry_mid && negative_q;
      end
    end
    always_ff @(posedge clk_low) begin
      if (go_low) low_q <= clear_i ? '0 : low;
    end
    // Counts up or down: a bit turns when all below it are ones (zeros).
    logic [HighBits-1:0] turns;
    logic [HighBits-2:0] below;
    assign below = high_q[HighBits-2:0] ^ {(HighBits - 1){down_q}};
    for (genvar i = 0; i < HighBits; i++) begin : g_turn
      if (i == 0) begin : g_first
        assign turns[i] = up_q || down_q;
      end else begin : g_next
        assign turns[i] = (up_q || down_q) && (&below[i-1:0]);
      end
    end
    always_ff @(posedge clk_high) begin
      if (go_high) high_q <= clear_i ? '0 : high_q ^ turns;
    end
  end
endmodule
