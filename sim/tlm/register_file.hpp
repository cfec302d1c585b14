// SPDX-License-Identifier: Apache-2.0
// The registers of hw/arch/registers.def as they stand before any model of the core.
//
// Errors    as of sim/systemc/registers.hpp; a start that is refused: TLM_GENERIC_ERROR_RESPONSE.
// Test      testbench/platform_test.cpp
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <tlm>
#include <vector>

#include "hw/arch/registers.hpp"

namespace whitedwarf {

class RegisterFile {
 public:
  struct Hooks {
    std::function<bool()> start;  // @return whether it was accepted
    std::function<wd::arch::Counters()> counters;
    std::function<void()> interrupt;  // its level may have changed
  };

  RegisterFile(const wd::arch::Arch& arch, Hooks hooks);

  void reset();
  tlm::tlm_response_status access(tlm::tlm_generic_payload& payload);
  /// Reads without effect. @return bytes
  unsigned peek(tlm::tlm_generic_payload& payload);

  std::uint32_t entry() const { return value(wd::arch::register_at::entry); }
  std::uint64_t base() const;
  wd::arch::Switches switches() const;
  std::uint32_t watchdog() const { return value(wd::arch::register_at::watchdog); }
  /// Instructions that were written, up to the second HALT: what a longer program left behind that is not reached. Of one whose opcode is none,
  /// the opcode. Errors: fields out of range: wd::Error.
  std::vector<wd::arch::Instr> instructions() const;
  /// Rows of the instruction memory up to the last one that was written.
  std::size_t written() const { return written_; }
  /// Whether instructions were written since this was asked last.
  bool take_changed();

  bool busy() const { return busy_; }
  bool interrupt() const;
  void begin();
  struct Fault {
    std::uint32_t cause = 0, instruction = 0, address = 0;
  };
  /// The program has ended: registers may be written, and the next start is taken.
  void end(const std::optional<Fault>& fault);
  /// Its event, with that or behind it.
  void raise();

 private:
  tlm::tlm_response_status read(std::uint64_t address, std::uint32_t& value, bool peeked);
  tlm::tlm_response_status write(std::uint64_t address, std::uint32_t value);
  std::uint32_t value(std::uint64_t address) const;
  bool burst_error(const tlm::tlm_generic_payload& payload) const;

  const wd::arch::Arch arch_;
  const Hooks hooks_;
  const wd::arch::RegisterBlock counter_block_, instruction_block_;
  std::map<std::uint64_t, std::uint32_t> values_;  // by address, of those that hold what was written
  std::vector<std::uint32_t> words_;               // of instructions
  std::size_t written_ = 0;                        // instructions up to the last one that was written
  bool busy_ = false, started_ = false, changed_ = true;
  std::uint32_t pending_ = 0;
  struct High {
    std::uint64_t counter = 0;
    std::uint32_t word = 0;
  };
  std::optional<High> high_;  // of the counter whose low word was the last that was read
  std::optional<Fault> fault_;
};

}  // namespace whitedwarf
