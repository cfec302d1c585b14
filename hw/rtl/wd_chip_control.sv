// SPDX-License-Identifier: Apache-2.0
// Whether a program runs, and what stops it: faults, the watchdog, the core's reset.
//
// Timing    busy_o from the cycle behind start_i until core and memory port are done. A fault in cycle t: the core is in reset from t + 1 on,
//           fault_o is high in t + 1; stop_o until all that was asked of memory is answered; then the core clears its array.
//           Cycle 0 is the core's first FETCH: the watchdog stops a program that is not done in cycle watchdog_i.
// Shape     of faults in one cycle, the one of the lowest number.
// Test      testbench/rtl/chip_test.cpp
module wd_chip_control #(
  parameter int unsigned PcBits = 8
) (
  input  logic              clk_i,
  input  logic              rst_ni,                 // synchronous
  input  logic              start_i,
  output logic              busy_o,
  input  logic [31:0]       watchdog_i,             // cycles; 0: none
  // core
  output logic              core_rst_no,            // from a register, low for two cycles at least
  input  logic              core_busy_i,
  input  logic              illegal_i,
  input  logic              past_end_i,
  input  logic              stream_fault_i,
  input  logic              outside_i,
  input  logic [15:0]       outside_row_i,
  input  logic [PcBits-1:0] instruction_i,
  input  logic [PcBits-1:0] burst_instruction_i,
  // memory port
  output logic              stop_o,
  input  logic              port_busy_i,
  input  logic              bus_error_i,
  input  logic [31:0]       bus_error_address_i,
  input  logic [PcBits-1:0] bus_error_instruction_i,
  // registers
  output logic              fault_o,
  output logic [7:0]        fault_cause_o,
  output logic [PcBits-1:0] fault_instruction_o,
  output logic [31:0]       fault_address_o
);
  typedef enum logic [1:0] { IDLE, RUN, STOP, CLEAR } state_e;
  state_e      state_q;
  logic [2:0]  clear_q;      // cycles in which the array has its clock
  logic [31:0] left_q;       // cycles until the watchdog's
  logic        expired_q, works, watchdog, fault, stays;
  assign busy_o   = state_q != IDLE;
  assign stop_o   = state_q == STOP;
  assign stays    = stop_o && (port_busy_i || fault_o);
  assign works    = core_busy_i || port_busy_i;
  assign watchdog = expired_q && works;
  assign fault    = state_q == RUN && (illegal_i || past_end_i || stream_fault_i || bus_error_i || watchdog || outside_i);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q     <= IDLE;
      core_rst_no <= 1'b0;
      fault_o     <= 1'b0;
      left_q      <= 32'd0;
      expired_q   <= 1'b0;
      clear_q     <= 3'd0;
    end else begin
      core_rst_no <= !(fault || stays);
      fault_o     <= fault;
      left_q      <= start_i ? watchdog_i : left_q - 32'(left_q != 32'd0);
      expired_q   <= !start_i && left_q == 32'd1;
      clear_q     <= state_q == CLEAR ? clear_q + 3'd1 : 3'd0;
      case (state_q)
        IDLE:    if (start_i) state_q <= RUN;
        RUN:     if (fault) state_q <= STOP;
                 else if (!works) state_q <= IDLE;
        STOP:    if (!stays) state_q <= CLEAR;
        default: if (clear_q == '1) state_q <= IDLE;
      endcase
    end
  end
  always_ff @(posedge clk_i) begin
    if (fault) begin
      fault_cause_o       <= 8'(illegal_i      ? wd_arch_pkg::FaultIllegalOpcode
                              : past_end_i     ? wd_arch_pkg::FaultInstructionAddress
                              : stream_fault_i ? wd_arch_pkg::FaultStreamError
                              : bus_error_i    ? wd_arch_pkg::FaultBusError
                              : watchdog       ? wd_arch_pkg::FaultWatchdog : wd_arch_pkg::FaultAddressOutside);
      fault_instruction_o <= illegal_i || past_end_i ? instruction_i : stream_fault_i ? burst_instruction_i
                           : bus_error_i ? bus_error_instruction_i : instruction_i;
      fault_address_o     <= illegal_i || past_end_i || stream_fault_i ? 32'd0 : bus_error_i ? bus_error_address_i
                           : watchdog ? 32'd0 : 32'(outside_row_i);
    end
  end
endmodule
