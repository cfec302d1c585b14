// SPDX-License-Identifier: Apache-2.0
// Activity counters, cleared by the start of a program. docs/architecture.md defines each.
//
// Shape     increments at i * IncBits, in the order of hw/arch/counters.def.
// Timing    an increment may come some cycles late: a program ends long after its last tile. The low IncBits of a counter
//           are added in the increment's cycle, their carry goes into the rest in the next cycle that is counted. value_o
//           contains a carry that is still waiting, so that it is exact in every cycle.
// Test      testbench/rtl/counters_test.cpp
module wd_counters #(
  parameter  int unsigned Count    = wd_arch_pkg::CounterCount,
  parameter  int unsigned IncBits  = 24,
  parameter  int unsigned Bits     = 48,
  localparam int unsigned SelBits  = $clog2(Count)
) (
  input  logic                     clk_i,
  input  logic                     clear_i,
  input  logic                     count_i,      // a program runs: the counters have a clock
  input  logic [Count*IncBits-1:0] increment_i,
  input  logic [SelBits-1:0]       select_i,
  output logic [Bits-1:0]          value_o
);
  localparam int unsigned HighBits = Bits - IncBits;
  logic [Count*IncBits-1:0]  low_q;
  logic [Count*HighBits-1:0] high_q;
  logic [Count-1:0]          carry_q;
  logic                      low_clk, high_clk;
  wd_icg u_icg_low  (.clk_i, .en_i(clear_i || count_i), .clk_o(low_clk));
  wd_icg u_icg_high (.clk_i, .en_i(clear_i || (count_i && carry_q != '0)), .clk_o(high_clk));
  always_ff @(posedge low_clk) begin
    for (int unsigned i = 0; i < Count; i++)
      {carry_q[i], low_q[i*IncBits+:IncBits]} <=
          clear_i ? '0 : {1'b0, low_q[i*IncBits+:IncBits]} + {1'b0, increment_i[i*IncBits+:IncBits]};
  end
  always_ff @(posedge high_clk) begin
    for (int unsigned i = 0; i < Count; i++)
      high_q[i*HighBits+:HighBits] <= clear_i ? '0 : high_q[i*HighBits+:HighBits] + HighBits'(carry_q[i]);
  end
  assign value_o = {high_q[select_i*HighBits+:HighBits] + HighBits'(carry_q[select_i]), low_q[select_i*IncBits+:IncBits]};
endmodule
