// SPDX-License-Identifier: Apache-2.0
// Assertions, attached by bind: what every program may rely on in every cycle.
//
// Test      active in the small configuration of testbench/.
// Not       read by synthesis.
module wd_sequencer_sva (
  input logic       clk_i,
  input logic       rst_ni,
  input logic       illegal_i,
  input logic       begins_i
);
  a_illegal_begins_nothing: assert property (@(posedge clk_i) disable iff (!rst_ni) illegal_i |-> !begins_i);
endmodule

module wd_act_buffer_sva (
  input logic        clk_i,
  input logic [15:0] post_i,
  input logic [15:0] pool_i,
  input logic        dma_i,
  input logic        store_taken_o,
  input logic [3:0]  dma_bank_i,
  input logic        held_q,
  input logic [3:0]  held_bank_q,
  input logic [15:0] fetch_i,
  input logic [15:0] input_i,
  input logic [15:0] residual_i
);
  // The buffer has no reset: in the first cycle its readers and writers hold anything.
  logic live_q;
  initial live_q = 1'b0;
  always_ff @(posedge clk_i) live_q <= 1'b1;
  a_held_is_written: assert property (@(posedge clk_i) disable iff (!live_q) held_q |-> !post_i[held_bank_q] && !pool_i[held_bank_q] && !(dma_i && dma_bank_i == held_bank_q));
  a_one_unit: assert property (@(posedge clk_i) disable iff (!live_q) post_i == '0 || pool_i == '0);
  a_one_reader: assert property (@(posedge clk_i) disable iff (!live_q) (fetch_i == '0 || (input_i | residual_i) == '0) && (input_i & residual_i) == '0);
  a_store_comes_last: assert property (@(posedge clk_i) disable iff (!live_q) store_taken_o |-> !fetch_i[dma_bank_i] && !input_i[dma_bank_i] && !residual_i[dma_bank_i]);
endmodule

module wd_fetch_sva (
  input logic clk_i,
  input logic rst_ni,
  input logic prepare_i,
  input logic reading_i
);
  a_requests_stand_while_read: assert property (@(posedge clk_i) disable iff (!rst_ni) !prepare_i || !reading_i);
endmodule

bind wd_sequencer wd_sequencer_sva u_sva (.clk_i, .rst_ni, .illegal_i(illegal_o), .begins_i(burst_o || begin_o));
bind wd_fetch wd_fetch_sva u_sva (.clk_i, .rst_ni, .prepare_i(prepare), .reading_i(reading));
bind wd_act_buffer wd_act_buffer_sva u_sva (
  .clk_i, .post_i, .pool_i, .dma_i, .store_taken_o, .dma_bank_i, .held_q, .held_bank_q, .fetch_i, .input_i, .residual_i
);
