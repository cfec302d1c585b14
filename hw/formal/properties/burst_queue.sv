// SPDX-License-Identifier: Apache-2.0
// Burst queue: no overflow, no loss, nothing twice, order kept.
//
// What      follows a burst that is any one of those pushed: how many are before it is known from the push on.
// Proves    never more bursts wait than there are slots; a burst starts when those before it have, at most one a cycle and none in
//           another's progress, with its own fields and tag, and starts at once if nothing is before it; its tag is pending from the cycle behind the push to its end.
// Modules   wd_burst_queue
// Depth     1
// Finds     12
// Planted   wd_burst_queue: assign end_slot     = waiting_q - LeftBits'(pop) -> assign end_slot     = waiting_q
// Planted   wd_burst_queue: waiting_q == LeftBits'(Slots); -> 1'b0;
// Planted   wd_burst_queue: wait_in_slot = push_i && (in_progress || waiting_q != '0) -> wait_in_slot = push_i && in_progress
// Planted   wd_burst_queue: pop && s + 1 < Slots) -> pop && s + 2 < Slots)
// Planted   wd_burst_queue: if (in_progress) pending_o -> if (dma_busy_i) pending_o
module burst_queue #(
  localparam int unsigned Slots = wd_arch_pkg::BurstQueue - 1
) (
  input logic                              clk_i,
  input logic                              rst_ni,
  input logic                              push_i,
  input logic [wd_arch_pkg::InstrBits-1:0] instr_i,
  input logic [19:0]                       advance_i,
  input logic [7:0]                        pc_i,
  input logic                              follow_i,  // this push is the one that is followed
  input logic                              dma_busy_i,
  input logic                              decoder_busy_i
);
  logic                              full, start;
  logic [7:0]                        pending, pc;
  logic                              busy;
  logic [wd_arch_pkg::InstrBits-1:0] burst_bits;
  logic [19:0]                       advance;
  wd_burst_queue u_queue (
    .clk_i, .rst_ni, .push_i, .instr_i, .advance_i, .pc_i, .full_o(full), .pending_o(pending), .busy_o(busy), .pc_o(pc),
    .dma_busy_i, .decoder_busy_i, .start_o(start), .burst_o(burst_bits), .advance_o(advance)
  );
  (* hierconn *) wire [2:0]               \u_queue.waiting_q ;
  (* hierconn *) wire [2:0]               \u_queue.tag_q ;
  wd_arch_pkg::instr_t instr, burst;
  assign instr = instr_i;
  assign burst = burst_bits;

  // The fields that the DMA reads, of a pushed burst and of a started one. One of the four rows is used, the others are zero.
  localparam int unsigned Bits = 5 + 15 + 10 + 10 + 16 + 28 + 24 + 20 + 8 + 1 + 3;
  logic [14:0]     row;
  logic [Bits-1:0] pushed, started, followed_q, waiting;
  logic            rest_of_row;
  assign row         = 15'(instr.weight_row) | 15'(instr.norm_row) | instr.in_base | instr.out_base;
  assign pushed      = {instr.op, row, instr.in_h, instr.in_w, instr.in_rows, instr.mem_addr, instr.count, advance_i, pc_i, instr.coded, instr.tag};
  assign started     = {burst.op, burst.out_base, burst.in_h, burst.in_w, burst.in_rows, burst.mem_addr, burst.count, advance, pc_now, burst.coded, burst.tag};
  assign rest_of_row = burst.in_base == burst.out_base && 14'(burst.out_base) == burst.weight_row && 12'(burst.out_base) == burst.norm_row;

  (* hierconn *) wire [Slots*Bits-1:0] \u_queue.slots_q ;
  // The number of the instruction is at pc_o a cycle later: what it will be.
  (* hierconn *) wire [7:0] \u_queue.pc ;
  logic [7:0] pc_now;
  assign pc_now = \u_queue.pc ;

  logic       progress;
  logic       seen_q, here_q, runs_q;  // seen: pushed before; here: waits; runs: is in progress
  logic [2:0] before_q, before;        // that wait and were pushed earlier
  logic       first;
  assign progress = dma_busy_i || decoder_busy_i;
  assign before   = before_q - 3'(start);
  assign first    = \u_queue.waiting_q == '0;
  initial {seen_q, here_q, runs_q} = 3'b000;
  always_ff @(posedge clk_i) begin
    if (push_i && follow_i) begin
      seen_q     <= 1'b1;
      followed_q <= pushed;
      here_q     <= !(start && first);
      runs_q     <= start && first;
      before_q   <= 3'(\u_queue.waiting_q - 3'(start && !first));
    end else begin
      if (here_q && start) begin
        if (before_q == '0) {here_q, runs_q} <= 2'b01;
        before_q <= before;
      end
      if (runs_q && !progress) runs_q <= 1'b0;
    end
  end
  assign waiting = Bits'(\u_queue.slots_q >> (11'(before_q) * 11'(Bits)));

  logic reset_q, started_q;  // from the first cycle on; a burst is in progress from the cycle behind its start on
  initial reset_q = 1'b0;
  initial started_q = 1'b0;
  always_ff @(posedge clk_i) begin
    reset_q   <= 1'b1;
    started_q <= start;
  end
  always_comb begin
    assume (rst_ni == reset_q);
    assume (!push_i || (rst_ni && !full));
    assume (!started_q || progress);
    assume (!(follow_i && seen_q) && (push_i || !follow_i));
    assert (seen_q ? rst_ni : !here_q && !runs_q);
    if (rst_ni) begin
      assert (\u_queue.waiting_q <= 3'(Slots));
      assert (!start || !progress);
      assert (full == (progress && \u_queue.waiting_q == 3'(Slots)));
      assert (rest_of_row);
      assert (!(here_q && runs_q));
      assert (progress || start == (push_i || !first));
      assert (busy == (progress || !first));
      // One that waits is where its number says, with what it was pushed with.
      if (here_q) assert (before_q < \u_queue.waiting_q && waiting == followed_q);
      if (here_q || (runs_q && progress)) assert (pending[followed_q[2:0]]);
      if (runs_q) assert (pc == followed_q[11:4] && \u_queue.tag_q == followed_q[2:0]);
      // It starts as it was pushed, when none is before it.
      if (here_q && start && before_q == '0) assert (started == followed_q);
      if (push_i && follow_i && start && first) assert (started == pushed);
    end
  end
endmodule
