// SPDX-License-Identifier: Apache-2.0
// Assertions on the organisation "walker sets", attached by bind.
//
// Test      active in the small configurations of testbench/.
// Not       read by synthesis.
module wd_walker_sum_sva #(
  parameter int unsigned Lanes      = 1,
  parameter int unsigned AccBits    = 36,
  parameter int unsigned AddendBits = 20
) (
  input logic                        clk_i,
  input logic [Lanes-1:0]            clear_i,
  input logic [Lanes-1:0]            op_i,         // the operand is at the ports from the next cycle on
  input logic [Lanes-1:0]            negative_i,
  input logic [AddendBits*Lanes-1:0] magnitude_i  // bit-major
);
  for (genvar l = 0; l < Lanes; l++) begin : g_lane
    logic [AddendBits-1:0] magnitude;
    for (genvar b = 0; b < AddendBits; b++) begin : g_bit
      assign magnitude[b] = magnitude_i[b*Lanes+l];
    end
    // The sum as it would be in one wide register, known from the first SETUP on.
    logic               known_q = 1'b0, op_q = 1'b0;
    logic signed [55:0] sum_q;
    always_ff @(posedge clk_i) begin
      op_q <= op_i[l];
      if (clear_i[l]) begin
        known_q <= 1'b1;
        sum_q   <= '0;
      end else if (op_q) begin
        sum_q <= negative_i[l] ? sum_q - 56'(magnitude) : sum_q + 56'(magnitude);
      end
    end
    a_sum_fits: assert property (@(posedge clk_i) known_q |-> sum_q[55:AccBits-1] == {(57 - AccBits){sum_q[55]}});
  end
endmodule

module wd_walker_dispatch_sva #(
  parameter int unsigned Window    = 8,
  parameter int unsigned EntryBits = 1
) (
  input logic                 clk_i,
  input logic                 rst_ni,
  input logic                 issue_i,
  input logic                 first_i,
  input logic [Window-1:0]    slot_i,   // one-hot
  input logic [EntryBits-1:0] entry_i,
  input logic [Window*(2+EntryBits)-1:0] info_i,
  input logic [Window-1:0]    left_i
);
  logic [Window-1:0] same_entry;  // slots of the entry that is written
  always_comb begin
    for (int unsigned s = 0; s < Window; s++) same_entry[s] = info_i[s*(2+EntryBits)+:EntryBits] == entry_i;
  end
  a_slot_is_free: assert property (@(posedge clk_i) disable iff (!rst_ni) issue_i |-> (slot_i & left_i) == '0);
  a_free_for_a_cycle: assert property (@(posedge clk_i) disable iff (!rst_ni) issue_i |-> (slot_i & $past(left_i)) == '0);
  a_entry_is_free: assert property (@(posedge clk_i) disable iff (!rst_ni) issue_i && first_i |-> (same_entry & left_i) == '0);
endmodule

module wd_walker_pick_sva #(
  parameter int unsigned Places = 32
) (
  input logic              clk_i,
  input logic              clear_i,
  input logic              valid_i,
  input logic [Places-1:0] onehot_i
);
  logic known_q = 1'b0;  // from the first clear on
  always_ff @(posedge clk_i) begin
    if (clear_i) known_q <= 1'b1;
  end
  a_one_place: assert property (@(posedge clk_i) known_q && !clear_i && valid_i |-> $onehot(onehot_i));
endmodule

bind wd_walker_pe wd_walker_sum_sva #(.Lanes(Lanes), .AccBits(AccBits), .AddendBits(AddendBits)) u_sva (
  .clk_i, .clear_i, .op_i(op_o), .negative_i(negative_q), .magnitude_i(magnitude)
);
bind wd_walker_dispatch wd_walker_dispatch_sva #(.Window(Window), .EntryBits(EntryBits)) u_sva (
  .clk_i, .rst_ni, .issue_i(issue_o), .first_i(issue_first_o), .slot_i(Window'(1) << slot_q), .entry_i(entry), .info_i(info_o), .left_i
);
bind wd_walker wd_walker_pick_sva #(.Places(Entries * Chunk)) u_sva (.clk_i, .clear_i, .valid_i(valid_o), .onehot_i(onehot_o));
