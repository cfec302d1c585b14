// SPDX-License-Identifier: Apache-2.0
// What lies at an address of the register map, what may be done with it, and the largest value of a write.
// Generated from hw/arch/registers.def by emit_arch. Do not edit; scripts/generate.sh makes it again.
module wd_register_map #(
  parameter  int unsigned InstrRows = wd_arch_pkg::InstrRows,
  parameter  int unsigned Window = wd_arch_pkg::Window,
  parameter  int unsigned AddressBits = 18
) (
  input  logic [AddressBits-1:0]                address_i,
  output logic [wd_arch_pkg::RegisterCount-1:0] register_o,  // at most one of these and of the blocks
  output logic counters_o,
  output logic configuration_o,
  output logic instructions_o,
  output logic                                  readable_o,
  output logic                                  writable_o,
  output logic                                  always_o,    // also while the core is busy
  output logic [31:0]                           highest_o
);
  always_comb begin
    register_o = '0;
    readable_o = 1'b0;
    writable_o = 1'b0;
    always_o = 1'b0;
    highest_o = '1;
    counters_o = 1'b0;
    configuration_o = 1'b0;
    instructions_o = 1'b0;
    if (address_i == AddressBits'(wd_arch_pkg::RegStart)) begin
      register_o[0] = 1'b1;
      writable_o = 1'b1;
      highest_o = 32'('hffffffff);
    end
    if (address_i == AddressBits'(wd_arch_pkg::RegStatus)) begin
      register_o[1] = 1'b1;
      readable_o = 1'b1;
    end
    if (address_i == AddressBits'(wd_arch_pkg::RegEntry)) begin
      register_o[2] = 1'b1;
      readable_o = 1'b1;
      writable_o = 1'b1;
      highest_o = 32'(InstrRows - 1);
    end
    if (address_i == AddressBits'(wd_arch_pkg::RegSwitches)) begin
      register_o[3] = 1'b1;
      readable_o = 1'b1;
      writable_o = 1'b1;
      highest_o = 32'((1 << wd_arch_pkg::SwitchCount) - 1);
    end
    if (address_i == AddressBits'(wd_arch_pkg::RegWindow)) begin
      register_o[4] = 1'b1;
      readable_o = 1'b1;
      writable_o = 1'b1;
      highest_o = 32'(Window);
    end
    if (address_i == AddressBits'(wd_arch_pkg::RegMemBase)) begin
      register_o[5] = 1'b1;
      readable_o = 1'b1;
      writable_o = 1'b1;
      highest_o = 32'('h0fffffff);
    end
    if (address_i == AddressBits'(wd_arch_pkg::RegInterruptEnable)) begin
      register_o[6] = 1'b1;
      readable_o = 1'b1;
      writable_o = 1'b1;
      always_o = 1'b1;
      highest_o = 32'(3);
    end
    if (address_i == AddressBits'(wd_arch_pkg::RegInterruptPending)) begin
      register_o[7] = 1'b1;
      readable_o = 1'b1;
      writable_o = 1'b1;
      always_o = 1'b1;
      highest_o = 32'(3);
    end
    if (address_i == AddressBits'(wd_arch_pkg::RegWatchdog)) begin
      register_o[8] = 1'b1;
      readable_o = 1'b1;
      writable_o = 1'b1;
      highest_o = 32'('hffffffff);
    end
    if (address_i == AddressBits'(wd_arch_pkg::RegFaultCause)) begin
      register_o[9] = 1'b1;
      readable_o = 1'b1;
    end
    if (address_i == AddressBits'(wd_arch_pkg::RegFaultInstruction)) begin
      register_o[10] = 1'b1;
      readable_o = 1'b1;
    end
    if (address_i == AddressBits'(wd_arch_pkg::RegFaultAddress)) begin
      register_o[11] = 1'b1;
      readable_o = 1'b1;
    end
    if (address_i == AddressBits'(wd_arch_pkg::RegId)) begin
      register_o[12] = 1'b1;
      readable_o = 1'b1;
    end
    if (address_i == AddressBits'(wd_arch_pkg::RegVersion)) begin
      register_o[13] = 1'b1;
      readable_o = 1'b1;
    end
    if (address_i[1:0] == 2'd0 && 32'(address_i) - wd_arch_pkg::RegCounters < 4 * 2 * (wd_arch_pkg::CounterCount)) begin
      counters_o = 1'b1;
      readable_o = 1'b1;
    end
    if (address_i[1:0] == 2'd0 && 32'(address_i) - wd_arch_pkg::RegConfiguration < 4 * 1 * (wd_arch_pkg::ParameterCount)) begin
      configuration_o = 1'b1;
      readable_o = 1'b1;
    end
    if (address_i[1:0] == 2'd0 && 32'(address_i) - wd_arch_pkg::RegInstructions < 4 * 12 * (InstrRows)) begin
      instructions_o = 1'b1;
      readable_o = 1'b1;
      writable_o = 1'b1;
    end
  end
endmodule
