// SPDX-License-Identifier: Apache-2.0
// Assertions, attached by bind: what every program may rely on in every cycle.
//
// Test      active in the small configuration of testbench/.
// Not       read by synthesis.
module wd_pe_sva #(
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

module wd_dispatch_sva #(
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

module wd_sequencer_sva (
  input logic       clk_i,
  input logic       rst_ni,
  input logic       exec_i,
  input logic [wd_arch_pkg::OpBits-1:0] op_i
);
  a_opcode_is_legal: assert property (@(posedge clk_i) disable iff (!rst_ni) exec_i |-> wd_arch_pkg::LegalOps[op_i]);
endmodule

module wd_act_buffer_sva (
  input logic        clk_i,
  input logic [15:0] post_i,
  input logic        dma_i,
  input logic [3:0]  dma_bank_i,
  input logic [15:0] fetch_i,
  input logic [15:0] residual_i
);
  a_one_writer: assert property (@(posedge clk_i) dma_i |-> !post_i[dma_bank_i]);
  a_one_reader: assert property (@(posedge clk_i) fetch_i == '0 || residual_i == '0);
endmodule

bind wd_pe wd_pe_sva #(.AccBits(AccBits)) u_sva (
  .clk_i, .clear_i, .walked_i(walked_o), .operand_i(step_q[20:0]), .sum_i(sum_o)
);
bind wd_dispatch wd_dispatch_sva #(.Window(Window)) u_sva (
  .clk_i, .rst_ni, .issue_i(issue_o), .slot_i(Window'(1) << slot_q), .left_i
);
bind wd_sequencer wd_sequencer_sva u_sva (.clk_i, .rst_ni, .exec_i(state_q == EXEC), .op_i(instr.op));
bind wd_act_buffer wd_act_buffer_sva u_sva (
  .clk_i, .post_i, .dma_i, .dma_bank_i, .fetch_i, .residual_i
);
