// SPDX-License-Identifier: Apache-2.0
// The golden model: what a program computes, said as plainly as possible.
//
// Every CONV is a direct convolution of signed whole numbers over decoded weights, and every output goes
// through hw/numerics one element at a time. No tiles, no bit-planes, no timing.
// Test      testbench/lockstep_test.cpp, testbench/engines_test.cpp
#pragma once

#include <map>
#include <vector>

#include "sim/chip_state.hpp"
#include "sim/engine.hpp"

namespace wd::sim {

class GoldenEngine : public Engine {
 public:
  explicit GoldenEngine(const program::Program& program) : state_(program) {}

  std::string name() const override { return "golden"; }
  bool timed() const override { return false; }
  arch::Counters load() override;
  FrameResult frame(std::span<const std::uint8_t> input) override;
  void set_trace(Trace* trace) override { trace_ = trace; }

 private:
  /// Decoded weights, reduction-major: [kernel position][input channel][output channel].
  using Dense = std::vector<std::int32_t>;

  const Dense& decoded(const arch::Instr& conv);
  void convolve(const arch::Instr& conv, int iteration);
  void finish(const arch::Instr& conv, int iteration);
  std::vector<std::int64_t> tile_sums(const arch::Instr& conv, int oc, int t) const;
  void report(const arch::Instr& conv, int iteration);
  void transpose(const arch::Instr& instr);
  void pool(const arch::Instr& instr);
  /// The input's values as sums.
  void take_input(const arch::Instr& instr);
  int padded_outputs(const arch::Instr& conv) const;

  ChipState state_;
  Trace* trace_ = nullptr;
  std::map<WeightKey, Dense> decoded_;
  std::vector<std::int64_t> sums_;  // out_h x out_w x output channels
};

}  // namespace wd::sim
