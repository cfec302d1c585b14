// SPDX-License-Identifier: Apache-2.0
// Burst queue: bursts wait here for the DMA, which runs one after another, in order.
//
// Timing    push_i in cycle t: the burst starts in t if none is before it, else in the cycle after the one before has
//           ended. full_o: the next push has to wait, counting the burst in progress.
// Shape     pending_o: bit i is set while a burst of tag i waits or is in progress. burst_o: of its fields, those that the DMA reads.
//           Of the four that say where a burst begins on the chip each operation uses one, and the others are zero: all have its value.
module wd_burst_queue #(
  parameter  int unsigned AdvanceBits = 20,
  parameter  int unsigned PcBits      = 8,
  localparam int unsigned Slots    = wd_arch_pkg::BurstQueue - 1,  // the one in progress has left its slot
  localparam int unsigned LeftBits = $clog2(Slots + 1),
  localparam int unsigned Tags     = 2 ** wd_arch_pkg::TagBits
) (
  input  logic                              clk_i,
  input  logic                              rst_ni,
  input  logic                              push_i,
  input  logic [wd_arch_pkg::InstrBits-1:0] instr_i,
  input  logic [AdvanceBits-1:0]            advance_i,  // rows that the iteration adds to its memory address
  input  logic [PcBits-1:0]                 pc_i,       // the instruction's number
  output logic                              full_o,
  output logic [Tags-1:0]                   pending_o,
  output logic                              busy_o,
  output logic [PcBits-1:0]                 pc_o,       // of the burst in progress, or of the last one
  // DMA
  input  logic                              dma_busy_i,
  input  logic                              decoder_busy_i,  // a coded burst ends with its last row
  output logic                              start_o,
  output logic [wd_arch_pkg::InstrBits-1:0] burst_o,
  output logic [AdvanceBits-1:0]            advance_o
);
  // What a slot holds.
  localparam int unsigned RowBits = wd_arch_pkg::OutBaseBits;  // the widest of the four
  localparam int unsigned Bits = wd_arch_pkg::OpBits + RowBits + wd_arch_pkg::InHBits + wd_arch_pkg::InWBits
                               + wd_arch_pkg::InRowsBits + wd_arch_pkg::MemAddrBits + wd_arch_pkg::CountBits + AdvanceBits
                               + PcBits + wd_arch_pkg::TagBits + 1;
  localparam int unsigned TagBits = wd_arch_pkg::TagBits;
  wd_arch_pkg::instr_t   instr, burst;
  logic [Bits-1:0]       pushed, first;
  logic [Slots*Bits-1:0] slots_q;  // the oldest first; the tag in the low bits
  logic [LeftBits-1:0]   waiting_q, end_slot;  // end_slot: where a pushed burst goes
  logic [TagBits-1:0]    tag_q;    // of the burst in progress
  logic                  pop, wait_in_slot, in_progress;
  logic [RowBits-1:0]    pushed_row, row;
  assign instr        = instr_i;
  assign pushed_row   = RowBits'(instr.weight_row) | RowBits'(instr.norm_row) | RowBits'(instr.in_base) | instr.out_base;
  assign pushed       = {instr.op, pushed_row, instr.in_h, instr.in_w, instr.in_rows, instr.mem_addr, instr.count, advance_i,
                         pc_i, instr.coded, instr.tag};
  assign first        = waiting_q != '0 ? slots_q[Bits-1:0] : pushed;
  assign in_progress  = dma_busy_i || decoder_busy_i;
  assign start_o      = !in_progress && (waiting_q != '0 || push_i);
  assign pop          = start_o && waiting_q != '0;
  assign wait_in_slot = push_i && (in_progress || waiting_q != '0);
  assign end_slot     = waiting_q - LeftBits'(pop);
  assign full_o       = in_progress && waiting_q == LeftBits'(Slots);
  assign busy_o       = in_progress || waiting_q != '0;

  logic [wd_arch_pkg::OpBits-1:0]    op;
  logic [PcBits-1:0]                 pc;
  always_comb begin
    burst = '0;
    {op, row, burst.in_h, burst.in_w, burst.in_rows, burst.mem_addr, burst.count, advance_o, pc, burst.coded, burst.tag} = first;
    burst.weight_row = wd_arch_pkg::WeightRowBits'(row);
    burst.norm_row   = wd_arch_pkg::NormRowBits'(row);
    burst.in_base    = row;
    burst.out_base   = row;
  end
  always_comb begin
    burst_o = burst;
    burst_o[wd_arch_pkg::InstrBits-1-:wd_arch_pkg::OpBits] = op;  // no cast to an enumeration: Yosys has none
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) waiting_q <= '0;
    else         waiting_q <= end_slot + LeftBits'(wait_in_slot);
  end
  always_ff @(posedge clk_i) begin
    if (start_o) {pc_o, tag_q} <= {pc, burst.tag};
    for (int unsigned s = 0; s < Slots; s++) begin
      if (wait_in_slot && end_slot == LeftBits'(s)) slots_q[s*Bits+:Bits] <= pushed;
      else if (pop && s + 1 < Slots) slots_q[s*Bits+:Bits] <= slots_q[(s+1)%Slots*Bits+:Bits];
    end
  end

  always_comb begin
    pending_o = '0;
    if (in_progress) pending_o[tag_q] = 1'b1;
    for (int unsigned s = 0; s < Slots; s++)
      if (LeftBits'(s) < waiting_q) pending_o[slots_q[s*Bits+:TagBits]] = 1'b1;
  end
endmodule
