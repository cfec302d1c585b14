// SPDX-License-Identifier: Apache-2.0
// The SystemC model as an engine: cycle accurate, block by block; the independent statement of
// docs/architecture.md next to the recurrences of the fast simulator.
//
// Errors    a second engine in a process (SystemC elaborates once), a chunk other than 16, a window that the
//           architecture has not, and everything that a block of the model reports: wd::Error.
// Test      program_test.cpp (values, and cycles, counters and traces against the fast simulator)
#pragma once

#include <memory>

#include "sim/engine.hpp"

namespace wd::sim {

class SystemCEngine : public Engine {
 public:
  SystemCEngine(const program::Program& program, const arch::Switches& switches);
  ~SystemCEngine() override;

  std::string name() const override { return "systemc"; }
  bool timed() const override { return true; }
  arch::Counters load() override;
  FrameResult frame(std::span<const std::uint8_t> input) override;
  void set_trace(Trace* trace) override;
  bool has_signals() const override { return true; }
  void watch(SignalSink& sink, const SignalWindow& window) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wd::sim
