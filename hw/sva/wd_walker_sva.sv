// SPDX-License-Identifier: Apache-2.0
// Assertions on the organisation "walker sets", attached by bind.
//
// Test      active in the small configuration of testbench/.
// Not       read by synthesis.
module wd_walker_pe_sva #(
  parameter int unsigned AccBits = 36
) (
  input logic                      clk_i,
  input logic                      clear_i,
  input logic                      walked_i,
  input logic signed [20:0]        operand_i,
  input logic signed [AccBits-1:0] sum_i
);
  logic signed [AccBits:0] wide;
  assign wide = (AccBits + 1)'(sum_i) + (AccBits + 1)'(operand_i);
  a_sum_never_wraps: assert property (@(posedge clk_i) walked_i && !clear_i |-> wide[AccBits] == wide[AccBits-1]);
endmodule

module wd_walker_dispatch_sva #(
  parameter int unsigned Window = 8
) (
  input logic              clk_i,
  input logic              rst_ni,
  input logic              issue_i,
  input logic [Window-1:0] slot_i,   // one-hot
  input logic [Window-1:0] left_i
);
  a_slot_is_free: assert property (@(posedge clk_i) disable iff (!rst_ni) issue_i |-> (slot_i & left_i) == '0);
  a_free_for_a_cycle: assert property (@(posedge clk_i) disable iff (!rst_ni) issue_i |-> (slot_i & $past(left_i)) == '0);
endmodule

bind wd_walker_pe wd_walker_pe_sva #(.AccBits(AccBits)) u_sva (
  .clk_i, .clear_i, .walked_i(walked_o), .operand_i(step_q[20:0]), .sum_i(sum_o)
);
bind wd_walker_dispatch wd_walker_dispatch_sva #(.Window(Window)) u_sva (
  .clk_i, .rst_ni, .issue_i(issue_o), .slot_i(Window'(1) << slot_q), .left_i
);
