// SPDX-License-Identifier: Apache-2.0
// Exact sum of one PE, in segments whose clocks run only when an operand reaches them.
//
// Shape     Lanes and bit-major ports as in wd_walker_pe. sum_o = {high, middle, low}; low of Segment bits, low and middle
//           together of 22; Segment 0: a plain sum.
// Numerics  the segmented sum carries a bias of 2^21 (SumBias) and is complete after two flush_i; a plain one has none.
// Timing    turn_i turns with each operand, which is at the ports in the cycle after (op_o). It is in the addend from the
//           next cycle on, in the sum with the next operand or flush_i. In a flush the ports hold an operand of zero. Before the first
//           sum the addend must have been made zero by a flush: SETUP does not.
// Test      testbench/rtl/walker_pe_test.cpp
module wd_walker_sum #(
  parameter int unsigned Lanes      = 1,
  parameter int unsigned AccBits    = wd_arch_pkg::AccBits,
  parameter int unsigned Segment    = wd_arch_pkg::SumSegment,
  parameter int unsigned Latch      = 0,   // addend in low-phase latches; in synthesis only
  parameter int unsigned AddendBits = 20
) (
  input  logic                        clk_i,
  input  logic                        gate_sum_i,
  input  logic                        gate_segment_i,
  input  logic [Lanes-1:0]            clear_i,
  input  logic [Lanes-1:0]            flush_i,
  input  logic [Lanes-1:0]            turn_i,
  input  logic [Lanes-1:0]            negative_i,
  input  logic [Lanes-1:0]            low_i,       // the operand reaches the low segment
  input  logic [AddendBits*Lanes-1:0] magnitude_i,
  output logic [Lanes-1:0]            op_o,
  output logic [AccBits*Lanes-1:0]    sum_o
);
  // What clocks the sum: an operand, SETUP, a flush. In a flush, and in every cycle of an ungated sum, an operand register
  // without operand holds zero, which adds nothing.
  logic             clk;
  logic [Lanes-1:0] on, go, follow_q;
  assign op_o = turn_i ^ follow_q;
  assign on   = {Lanes{!gate_sum_i}} | clear_i | flush_i | op_o;
`ifdef SYNTHESIS
  if (Lanes != 1) begin : g_check_lanes
    $fatal(1, "a gated clock is that of one lane");
  end
  wd_icg u_icg (.clk_i, .en_i(on), .clk_o(clk));
  assign go = 1'b1;
`else  // the same function with enables, which simulate faster than 1024 gated clocks
  assign clk = clk_i;
  assign go  = on;
`endif
  always_ff @(posedge clk) follow_q <= turn_i;  // without a clock the two are equal

  if (Segment == 0) begin : g_plain
    logic [AccBits*Lanes-1:0] sum;
    logic [Lanes-1:0]         carry;
    wd_lanes_add #(.Lanes(Lanes), .Bits(AccBits)) u_add (
      .a_i(sum_o), .b_i((AccBits * Lanes)'(magnitude_i) ^ {AccBits{negative_i}}), .carry_i(negative_i), .sum_o(sum), .carry_o(carry)
    );
    always_ff @(posedge clk) sum_o <= (sum & {AccBits{go & ~clear_i}}) | (sum_o & ~{AccBits{go}});
    logic unused;
    assign unused = &{1'b0, gate_segment_i, low_i, carry};
  end else begin : g_segments
    localparam int unsigned WordBits = 22;  // low and middle: what an addend reaches by itself
    localparam int unsigned MidBits  = WordBits - Segment;
    localparam int unsigned HighBits = AccBits - WordBits;
    localparam int unsigned TopBits  = AddendBits - Segment;

    // The addend, inverted where it is negative: of the operand before.
    logic [TopBits*Lanes-1:0] top, top_q;
    logic [Segment*Lanes-1:0] bottom, bottom_q;
    logic [Lanes-1:0]         negative_q, reaches_q;
    assign {top, bottom} = magnitude_i ^ {AddendBits{negative_i}};

    logic [Segment*Lanes-1:0]  low_q, low;
    logic [MidBits*Lanes-1:0]  mid_q, mid;
    logic [HighBits*Lanes-1:0] high_q, turns;
    logic [Lanes-1:0]          carry_low, carry_in, carry_mid, up_q, down_q;
    wd_lanes_add #(.Lanes(Lanes), .Bits(Segment)) u_low (
      .a_i(low_q), .b_i(bottom_q), .carry_i(negative_q), .sum_o(low), .carry_o(carry_low)
    );
    // Without low bits the 1 that a subtraction owes enters at the middle.
    if (Lanes == 1) begin : g_carry  // a multiplexer, of which synthesis makes less delay
      assign carry_in = reaches_q ? carry_low : negative_q;
    end else begin : g_carry
      assign carry_in = (reaches_q & carry_low) | (~reaches_q & negative_q);
    end
    wd_lanes_add #(.Lanes(Lanes), .Bits(MidBits)) u_mid (
      .a_i(mid_q), .b_i({{(MidBits - TopBits){negative_q}}, top_q}), .carry_i(carry_in), .sum_o(mid), .carry_o(carry_mid)
    );
    assign sum_o = {high_q, mid_q, low_q};

    logic [Lanes-1:0] on_bottom, on_low, on_high, go_bottom, go_low, go_high;
    logic             clk_bottom, clk_low, clk_high;
    assign on_bottom = {Lanes{!gate_segment_i}} | low_i;
    assign on_low    = {Lanes{!gate_segment_i}} | clear_i | reaches_q;
    assign on_high   = {Lanes{!gate_segment_i}} | clear_i | up_q | down_q;
`ifdef SYNTHESIS
    wd_icg u_icg_low (.clk_i(clk), .en_i(on_low), .clk_o(clk_low));
    wd_icg u_icg_high (.clk_i(clk), .en_i(on_high), .clk_o(clk_high));
    assign {go_bottom, go_low, go_high} = '1;
`else
    assign {clk_bottom, clk_low, clk_high} = {3{clk}};
    assign go_bottom = go & on_bottom;
    assign go_low    = go & on_low;
    assign go_high   = go & on_high;
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
`else
    begin : g_flop
`endif
      always_ff @(posedge clk) begin
        top_q      <= (top & {TopBits{go}}) | (top_q & ~{TopBits{go}});
        negative_q <= (negative_i & go) | (negative_q & ~go);
        reaches_q  <= (low_i & go) | (reaches_q & ~go);
      end
      always_ff @(posedge clk_bottom) bottom_q <= (bottom & {Segment{go_bottom}}) | (bottom_q & ~{Segment{go_bottom}});
      logic unused;
      assign unused = Latch != 0;
    end

    always_ff @(posedge clk) begin
      mid_q  <= (mid & {MidBits{go & ~clear_i}}) | (mid_q & ~{MidBits{go}}) | {go & clear_i, {((MidBits - 1) * Lanes){1'b0}}};
      up_q   <= (go & ~clear_i & carry_mid & ~negative_q) | (up_q & ~go);
      down_q <= (go & ~clear_i & ~carry_mid & negative_q) | (down_q & ~go);
    end
    always_ff @(posedge clk_low) low_q <= (low & {Segment{go_low & ~clear_i}}) | (low_q & ~{Segment{go_low}});

    // Counts up or down: a bit turns when all below it are ones (zeros).
    logic [HighBits*Lanes-1:0] below;
    wd_lanes_below #(.Lanes(Lanes), .Bits(HighBits)) u_below (.set_i(high_q ^ {HighBits{down_q}}), .below_o(below));
    assign turns = below & {HighBits{up_q | down_q}};
    always_ff @(posedge clk_high)
      high_q <= (high_q & ~{HighBits{go_high & clear_i}}) ^ (turns & {HighBits{go_high & ~clear_i}});
  end
endmodule
