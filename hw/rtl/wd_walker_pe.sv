// SPDX-License-Identifier: Apache-2.0
// Processing element: walks the set positions of window rows, one a cycle, and adds exact operands.
//
// Shape     win_*_i are this PE's words of all window slots (slot s at s * Chunk); nonzero_i
//           the group's non-zero maps by chunk entry; act_o asks for the activation act_i.
// Timing    a row issued in cycle E is taken from E + 1 on, walked from the cycle after the take;
//           the operand is added one cycle after its walk. left_o: slots with work after this cycle.
// Numerics  operand = +-(significand << (max(exponent, 1) - 1 + plane)), units of 2^-9.
// Test      testbench/rtl/walker_pe_test.cpp
module wd_walker_pe #(
  parameter  int unsigned Chunk     = wd_arch_pkg::Chunk,
  parameter  int unsigned Window    = wd_arch_pkg::Window,
  parameter  int unsigned AccBits   = wd_arch_pkg::AccBits,
  localparam int unsigned SlotBits  = Window > 1 ? $clog2(Window) : 1
) (
  input  logic                       clk_i,
  input  logic                       gate_i,        // stop the registers' clocks when idle
  input  logic                       clear_i,
  // issue of a row: pending where it has work for this PE
  input  logic                       issue_i,
  input  logic [SlotBits-1:0]        issue_slot_i,
  input  logic [Chunk-1:0]           issue_walk_i,
  input  logic [Chunk-1:0]           issue_nonzero_i,
  input  logic [Window-1:0]          older_i,       // slots from the oldest row's on
  // window and activations
  input  logic [Window*Chunk-1:0]    win_mask_i,
  input  logic [Window*Chunk-1:0]    win_sign_i,
  input  logic [Window*Chunk-1:0]    win_walk_i,
  input  logic [Window*8-1:0]        win_info_i,    // by slot: {plane, chunk entry}, 4 bits each
  output logic [SlotBits+3:0]        act_o,         // {entry, position} of the walk
  input  logic [7:0]                 act_i,
  input  logic [Window*Chunk-1:0]    nonzero_i,
  // activity of this cycle, work left, and what was walked in the cycle before
  output logic                       active_o,
  output logic [Window-1:0]          left_o,
  output logic                       walked_o,
  output logic                       bit_op_o,
  output logic signed [AccBits-1:0]  sum_o
);
  localparam int unsigned OperandBits = 21;

  logic [Window-1:0]   pending_q, choice, taken;
  logic [Chunk-1:0]    rem_q, rest, onehot;
  logic [3:0]          pos;
  logic [SlotBits-1:0] slot_q, take_slot;
  logic [7:0]          taken8;
  logic                take;
  logic [OperandBits:0] step_q;  // {whether it is a bit-op, operand}

  // The oldest pending row: the lowest slot of those not wrapped round, else the lowest.
  assign choice = (pending_q & older_i) != '0 ? pending_q & older_i : pending_q;
  assign rest   = rem_q & (rem_q - Chunk'(1));
  assign take   = rest == '0 && pending_q != '0;
  assign taken  = take ? choice & (~choice + Window'(1)) : '0;

  assign onehot    = rem_q & ~rest;
  assign pos       = {|(onehot & 16'hff00), |(onehot & 16'hf0f0), |(onehot & 16'hcccc), |(onehot & 16'haaaa)};
  assign taken8    = 8'(taken);
  assign take_slot = SlotBits'({|(taken8 & 8'hf0), |(taken8 & 8'hcc), |(taken8 & 8'haa)});

  assign active_o = rem_q != '0 || pending_q != '0;
  assign bit_op_o = walked_o && step_q[OperandBits];
  assign act_o    = {win_info_i[slot_q*8+:SlotBits], pos};
  assign left_o   = rest != '0 ? pending_q | (Window'(1) << slot_q) : pending_q;

  // Clocks: control while there is work or news, sum one cycle after a walk.
  logic control_on, sum_on, control_go, sum_go, control_clk, sum_clk;
  assign control_on = !gate_i || clear_i || issue_i || active_o || walked_o;
  assign sum_on     = !gate_i || clear_i || walked_o;
`ifdef SYNTHESIS
  wd_icg u_icg_control (.clk_i, .en_i(control_on), .clk_o(control_clk));
  wd_icg u_icg_sum (.clk_i, .en_i(sum_on), .clk_o(sum_clk));
  assign control_go = 1'b1;
  assign sum_go     = 1'b1;
`else  // the same function with enables: 2048 gated clocks would slow simulation down
  assign control_clk = clk_i;
  assign sum_clk     = clk_i;
  assign control_go  = control_on;
  assign sum_go      = sum_on;
`endif

  // The operand of the walked position. (Plain assignments: a function would give every group its own
  // copy of the simulator's code.)
  logic [4:0]                    shift;
  logic [OperandBits-1:0]        magnitude;
  logic                          mask, negative;
  assign mask      = win_mask_i[slot_q*Chunk+32'(pos)];
  assign negative  = win_sign_i[slot_q*Chunk+32'(pos)] ^ act_i[7];
  assign shift     = (act_i[6:3] == 4'd0 ? 5'd0 : 5'(act_i[6:3]) - 5'd1) + 5'(win_info_i[slot_q*8+4+:2]);
  assign magnitude = OperandBits'({act_i[6:3] != 4'd0, act_i[2:0]}) << shift;

  always_ff @(posedge control_clk) begin
    if (control_go) begin
      walked_o <= rem_q != '0 && !clear_i;
      if (clear_i) begin
        rem_q     <= '0;
        pending_q <= '0;
      end else begin
        pending_q <= pending_q & ~taken;
        if (issue_i && (issue_walk_i & issue_nonzero_i) != '0) pending_q[issue_slot_i] <= 1'b1;
        rem_q <= rest;
        if (take) begin
          slot_q <= take_slot;
          rem_q  <= win_walk_i[take_slot*Chunk+:Chunk] & nonzero_i[win_info_i[take_slot*8+:SlotBits]*Chunk+:Chunk];
        end
      end
      if (rem_q != '0)
        step_q <= mask ? {act_i[6:0] != 7'd0, negative ? -magnitude : magnitude} : '0;
    end
  end

  always_ff @(posedge sum_clk) begin
    if (sum_go) begin
      if (clear_i) sum_o <= '0;
      else if (walked_o) sum_o <= sum_o + AccBits'(signed'(step_q[OperandBits-1:0]));
    end
  end
endmodule
