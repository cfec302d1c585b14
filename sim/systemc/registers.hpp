// SPDX-License-Identifier: Apache-2.0
// The core's registers and instruction memory as the host sees them: a TLM-2.0 target.
//
// Shape     32-bit registers, as hw/arch/registers.def lists them; an access is any number of whole, aligned
//           registers in a row.
// Timing    the core starts in the cycle after start_o, which is high for the cycle after the write.
// Errors    no such register: TLM_ADDRESS_ERROR_RESPONSE; read-only, or written while busy: COMMAND_ERROR;
//           not whole registers: BURST_ERROR; a value out of range: GENERIC_ERROR.
#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <systemc>

#include "hw/arch/registers.hpp"
#include "sim/systemc/counters.hpp"
#include "sim/systemc/instr_memory.hpp"

namespace wd::sim::systemc {

namespace register_at = arch::register_at;
using arch::instr_bytes, arch::status_busy, arch::status_done;

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

  /// A start that has not reached the sequencer is none.
  void stop() { start_ = false; }

 private:
  void transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  tlm::tlm_response_status read(std::uint64_t address, std::uint32_t& value) const;
  tlm::tlm_response_status write(std::uint64_t address, std::uint32_t value);
  std::uint32_t value_at(std::uint64_t address) const;
  void set(std::uint64_t address, std::uint32_t value);
  /// Half of an instruction's 64-bit word.
  std::uint32_t instruction_part(std::uint64_t at) const;
  void set_instruction_part(std::uint64_t at, std::uint32_t value);
  /// Events since they were cleared.
  std::uint32_t interrupt_pending() const {
    return (finished() ? arch::interrupt_pending_done : 0) & ~interrupt_cleared_;
  }
  bool finished() const { return started_ && !busy(); }
  bool busy() const { return start_ || start_o.read() || busy_i.read() || burst_busy_i.read(); }
  void clocked();

  const arch::Arch arch_;
  const arch::RegisterBlock counter_block_, configuration_block_, instruction_block_;
  const Counters& counters_;
  InstrMemory& instr_memory_;
  sc_core::sc_event written_;
  bool start_ = false, started_ = false;
  std::uint32_t entry_ = 0, switches_ = 0, window_ = 0, mem_base_ = 0, watchdog_ = 0;
  std::uint32_t interrupt_enable_ = 0, interrupt_cleared_ = 0;
};

}  // namespace wd::sim::systemc
