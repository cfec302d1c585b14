// SPDX-License-Identifier: Apache-2.0
// The RTL as an engine: the Verilated core behind its host port, with a memory model.
//
// Shape     the arrays of configurations.hpp are elaborated; a program runs on the one whose architecture it was compiled for.
// Timing    memory answers a burst MemoryLatency cycles after its request, one beat a cycle.
// Errors    a program for another architecture: wd::Error naming the parameter that differs; a core that
//           does not finish, or a memory access outside of the program's memory: wd::Error.
// Test      testbench/rtl/core_test.cpp
#pragma once

#include <memory>

#include "hw/formats/program/program.hpp"
#include "sim/engine.hpp"

namespace wd::sim {

class RtlEngine : public Engine {
 public:
  /// @param initial_state what registers and memories hold before reset: random bits of this seed; 0: zeros
  /// @param signals of a model with signals to watch, which is slower; of has_signals() architectures only
  RtlEngine(const program::Program& program, const arch::Switches& switches, int initial_state = 0,
            bool signals = false);
  /// Of a model with signals: tells those wanted from the reset on, at both edges of the clock.
  RtlEngine(const program::Program& program, const arch::Switches& switches, SignalSink& sink,
            const WantedSignal& wanted);
  ~RtlEngine() override;

  std::string name() const override { return "rtl"; }
  bool timed() const override { return true; }
  arch::Counters load() override;
  FrameResult frame(std::span<const std::uint8_t> input) override;
  void set_trace(Trace* trace) override;
  bool has_signals() const override { return signals_; }
  void watch(SignalSink& sink, const SignalWindow& window) override;

 private:
  class Host;
  bool signals_;
  std::unique_ptr<Host> host_;
};

/// The architectures that RtlEngine can execute, the default first.
std::vector<arch::Arch> rtl_configurations();
/// Those of which there is a whole chip with its buses.
std::vector<arch::Arch> rtl_chip_configurations();
/// Those of which there is a model with signals.
std::vector<arch::Arch> rtl_configurations_with_signals();

}  // namespace wd::sim
