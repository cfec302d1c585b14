// SPDX-License-Identifier: Apache-2.0
// Activity counters, cleared by the start of a program. docs/architecture.md defines each.
//
// Shape     increments at i * IncBits, in the order of hw/arch/counters.def.
// Timing    an increment may come some cycles late: a program ends long after its last tile.
module wd_counters #(
  parameter  int unsigned Count    = wd_arch_pkg::CounterCount,
  parameter  int unsigned IncBits  = 24,
  parameter  int unsigned Bits     = 48,
  localparam int unsigned SelBits  = $clog2(Count)
) (
  input  logic                     clk_i,
  input  logic                     clear_i,
  input  logic [Count*IncBits-1:0] increment_i,
  input  logic [SelBits-1:0]       select_i,
  output logic [Bits-1:0]          value_o
);
  logic [Count*Bits-1:0] values_q;
  always_ff @(posedge clk_i) begin
    for (int unsigned i = 0; i < Count; i++)
      values_q[i*Bits+:Bits] <= clear_i ? '0 : values_q[i*Bits+:Bits] + Bits'(increment_i[i*IncBits+:IncBits]);
  end
  assign value_o = values_q[select_i*Bits+:Bits];
endmodule
