// SPDX-License-Identifier: Apache-2.0
// A chip, a memory and a host processor, joined over TLM-2.0, and what the host executes.
//
// What      the host's thread resets the chip for `reset_cycles` and then calls `program`.
// Errors    what `program` throws, with the chip's reason, and SystemC's: wd::Error.
// Not       more than one of them in a process: SystemC elaborates once.
#pragma once

#include <functional>
#include <string>
#include <whitedwarf/chip.hpp>
#include <whitedwarf/host.hpp>
#include <whitedwarf/memory.hpp>

#include "base/error.hpp"

namespace wd::flow {

class PlatformSystem : public sc_core::sc_module {
 public:
  static constexpr int reset_cycles = 4;

  SC_HAS_PROCESS(PlatformSystem);
  PlatformSystem(const whitedwarf::ChipOptions& chip_options, const whitedwarf::MemoryOptions& memory_options)
      : sc_module(sc_core::sc_module_name("system")),
        chip("chip", chip_options),
        memory("memory", memory_options),
        host("host"),
        period_(chip_options.period) {
    chip.irq_o(irq_);
    chip.rst_ni(reset_n_);
    host.irq_i(irq_);
    host.registers.bind(chip.registers);
    host.memory.bind(memory.socket);
    chip.memory.bind(memory.socket);
    reset_n_.write(true);
    SC_THREAD(execute);
    set_stack_size(std::size_t{1} << 20);
  }

  std::function<void()> program;

  whitedwarf::Chip chip;
  whitedwarf::Memory memory;
  whitedwarf::Host host;

  /// Of the chip's clock, from the simulation's start.
  std::uint64_t cycle_of(const sc_core::sc_time& time) const { return time.value() / period_.value(); }

  void run() {
    try {
      sc_core::sc_start();
    } catch (const sc_core::sc_report& report) {
      fail("platform: ", report.get_msg_type(), ": ", report.get_msg());
    }
    WD_REQUIRE(failure_.empty(), "platform: ", failure_);
  }

  /// SystemC says nothing but errors.
  static void silence() {
    setenv("SC_COPYRIGHT_MESSAGE", "DISABLE", 0);
    sc_core::sc_report_handler::set_actions("/OSCI/SystemC", sc_core::SC_DO_NOTHING);
  }

 private:
  void execute() {
    try {
      reset_n_.write(false);
      wait(reset_cycles * period_);
      reset_n_.write(true);
      wait(period_);
      program();
    } catch (const std::exception& error) {
      failure_ = error.what();
      if (failure_.find(chip.why()) == std::string::npos) failure_ += ": " + chip.why();
    }
    sc_core::sc_stop();
  }

  const sc_core::sc_time period_;
  std::string failure_;
  sc_core::sc_signal<bool> irq_{"irq"}, reset_n_{"reset_n"};
};

}  // namespace wd::flow
