// SPDX-License-Identifier: Apache-2.0
// A model of the chip's core behind the registers and the bus of whitedwarf::Chip.
//
// Timing    told to start at a time, the core's cycle 0 begins one period behind the first edge after it; edges are at multiples of the period.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

#include "hw/arch/registers.hpp"
#include "sim/signals.hpp"

namespace whitedwarf {

class Bus;

struct CoreJob {
  std::uint32_t entry = 0;
  wd::arch::Switches switches;  // with the window
  std::uint32_t watchdog =
      0;  // the first cycle that is too many, be it the one behind its last; 0: there is none
};

/// What stops a program.
struct CoreFault {
  wd::arch::FaultCause cause = wd::arch::FaultCause::none;
  std::uint32_t instruction = 0, address = 0;
};

class Core {
 public:
  virtual ~Core() = default;
  /// The instruction memory was written since the last start.
  virtual void set_instructions(const std::vector<wd::arch::Instr>& instrs) = 0;
  virtual void start(const CoreJob& job) = 0;
  /// Ends what was started as soon as it can, without memory; it has finished then. What buffers hold may be lost.
  virtual void stop() = 0;
  /// The number of the present instruction, or of the last one.
  virtual std::uint32_t instruction() const = 0;
  /// Whether it computes ahead of time: then it finds faults of the bus and the watchdog's by itself, and stops before it tells one.
  virtual bool ahead() const { return false; }
  /// Of the last or present start.
  virtual wd::arch::Counters counters() = 0;
  /// A window of the clock's cycles (clock_cycle()). Errors: wd::Error.
  virtual void watch(wd::sim::SignalSink& sink, const wd::sim::SignalWindow& window);
  /// Ends it. @return whether a cycle of it was told
  virtual bool watched() { return true; }
};

struct CoreSetting {
  wd::arch::Arch arch;
  sc_core::sc_time period;
  Bus* bus = nullptr;
  bool signals = false;
  unsigned threads = 1;  // of a model that computes ahead of time; 0: as many as the machine has
  /// The program, and the bus, have finished; with a reason if something went wrong in the model.
  std::function<void(const std::string& why)> finished;
  /// Something is wrong in the present cycle; the chip calls stop() before the next one.
  std::function<void(const CoreFault& fault)> faulted;
};

/// The edge behind a time.
sc_core::sc_time next_edge(const sc_core::sc_time& time, const sc_core::sc_time& period);

/// The present cycle of the clock, from the simulation's start.
inline std::uint64_t clock_cycle(const sc_core::sc_time& period) {
  return sc_core::sc_time_stamp().value() / period.value();
}

using MakeCore = std::unique_ptr<Core> (*)(const CoreSetting& setting);
/// By name. Errors: none of this name: wd::Error.
MakeCore core_named(const std::string& name);
/// For libraries that bring a model.
void add_core(const std::string& name, MakeCore make);
std::string core_names();

std::unique_ptr<Core> make_fast_core(const CoreSetting& setting);
std::unique_ptr<Core> make_systemc_core(const CoreSetting& setting);

}  // namespace whitedwarf
