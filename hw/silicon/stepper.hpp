// SPDX-License-Identifier: Apache-2.0
// A netlist without delays, cycle by cycle: what brings its flops and latches to where a window of the delayed simulation begins.
//
// Shape     values are 0 and 1; states begin with 0, as those of cell_models.hpp do.
// Timing    a cycle: inputs are set, settle(), values are read; edge(): clocks rise and fall again, those that run in this cycle.
// Errors    a loop of gates: wd::Error.
// Not       flops of the falling edge; a clock that gates make rise without the top module's.
// Test      stepper_test.cpp
#pragma once

#include <map>
#include <memory>
#include <span>
#include <vector>

#include "hw/silicon/netlist.hpp"

namespace wd::silicon {

class Stepper {
 public:
  explicit Stepper(const Netlist& netlist);
  ~Stepper();

  void set(int net, bool value);
  void settle();
  void edge(std::span<const int> clocks);
  bool value(int net) const { return values_[static_cast<std::size_t>(net)] != 0; }

  /// Instances that hold a state, and what they hold.
  const std::vector<int>& stateful() const { return stateful_; }
  std::vector<bool> states() const;

 private:
  struct Kind;
  struct Gate;

  void prepare(int instance);
  void order();
  void touch(int instance);
  void change(int net, std::uint8_t value);
  void propagate();
  void evaluate(int instance);
  void look_at_flop(int instance);

  const Netlist& netlist_;
  std::map<const Cell*, std::unique_ptr<Kind>> kinds_;
  std::vector<Gate> gates_;
  std::vector<std::vector<int>> sinks_;  // by net: instances
  std::vector<std::uint8_t> values_;
  std::vector<std::vector<int>> waiting_;  // instances to evaluate, by level
  std::vector<int> flops_;                 // with a changed input
  std::vector<std::pair<int, std::uint8_t>> captured_;
  std::vector<int> stateful_;
  bool rising_ = false;
};

}  // namespace wd::silicon
