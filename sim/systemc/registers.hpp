// SPDX-License-Identifier: Apache-2.0
// The core's registers and instruction memory as the host sees them: a TLM-2.0 target.
//
// Shape     32-bit registers; an access is any number of whole, aligned registers in a row. Register map:
//           0x00 Start (W: any value starts)     0x04 Status (R: bit 0 done, bit 1 busy)
//           0x08 Entry (RW: first instruction)   0x0c Switches (RW: arch::Switches::bits)
//           0x10 Window (RW: rows in flight, 0: all) 0x100 + 8 i: counter i, low word first (R)
//           0x10000 + 32 i: instruction i, least significant word first (RW)
// Timing    the core starts in the cycle after start_o, which is high for the cycle after the write.
// Errors    no such register: TLM_ADDRESS_ERROR_RESPONSE; read-only, or written while busy: COMMAND_ERROR;
//           not whole registers: BURST_ERROR; a value out of range: GENERIC_ERROR.
#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <systemc>

#include "hw/arch/arch.hpp"
#include "sim/systemc/counters.hpp"
#include "sim/systemc/instr_memory.hpp"

namespace wd::sim::systemc {

enum RegisterMap : std::uint64_t {
  reg_start = 0x00,
  reg_status = 0x04,
  reg_entry = 0x08,
  reg_switches = 0x0c,
  reg_window = 0x10,
  reg_counters = 0x100,
  reg_instructions = 0x10000,
};
inline constexpr std::uint32_t status_done = 1, status_busy = 2;
inline constexpr std::uint64_t instr_bytes = arch::instr_bits / 8;

class Registers : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clk_i{"clk_i"};
  sc_core::sc_in<bool> busy_i{"busy_i"}, burst_busy_i{"burst_busy_i"};
  sc_core::sc_out<bool> start_o{"start_o"};
  sc_core::sc_out<std::uint32_t> start_pc_o{"start_pc_o"}, switches_o{"switches_o"}, window_o{"window_o"};
  tlm_utils::simple_target_socket<Registers> socket{"socket"};

  SC_HAS_PROCESS(Registers);
  Registers(sc_core::sc_module_name name, const arch::Arch& arch, const Counters& counters,
            InstrMemory& instr_memory);

 private:
  void transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  tlm::tlm_response_status read(std::uint64_t address, std::uint32_t& value) const;
  tlm::tlm_response_status write(std::uint64_t address, std::uint32_t value);
  tlm::tlm_response_status write_control(std::uint64_t address, std::uint32_t value);
  bool in_instructions(std::uint64_t address) const;
  bool busy() const { return start_ || start_o.read() || busy_i.read() || burst_busy_i.read(); }
  void clocked();

  const arch::Arch arch_;
  const Counters& counters_;
  InstrMemory& instr_memory_;
  bool start_ = false, started_ = false;
  std::uint32_t entry_ = 0, switches_ = 0, window_ = 0;
};

}  // namespace wd::sim::systemc
