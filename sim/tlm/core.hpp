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

#include "hw/arch/arch.hpp"
#include "sim/signals.hpp"

namespace whitedwarf {

class Bus;

struct CoreJob {
  std::uint32_t entry = 0;
  wd::arch::Switches switches;  // with the window
};

class Core {
 public:
  virtual ~Core() = default;
  /// The instruction memory was written since the last start.
  virtual void set_instructions(const std::vector<wd::arch::Instr>& instrs) = 0;
  virtual void start(const CoreJob& job) = 0;
  /// Of the last or present start.
  virtual wd::arch::Counters counters() = 0;
  /// Errors: wd::Error.
  virtual void watch(wd::sim::SignalSink& sink, const wd::sim::SignalWindow& window);
  /// Whether the window was told to its end.
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
};

/// The edge behind a time.
sc_core::sc_time next_edge(const sc_core::sc_time& time, const sc_core::sc_time& period);

using MakeCore = std::unique_ptr<Core> (*)(const CoreSetting& setting);
/// By name. Errors: none of this name: wd::Error.
MakeCore core_named(const std::string& name);
/// For libraries that bring a model.
void add_core(const std::string& name, MakeCore make);
std::string core_names();

std::unique_ptr<Core> make_fast_core(const CoreSetting& setting);
std::unique_ptr<Core> make_systemc_core(const CoreSetting& setting);

}  // namespace whitedwarf
