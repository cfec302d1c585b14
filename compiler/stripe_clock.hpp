// SPDX-License-Identifier: Apache-2.0
// The model of time that the planner of stripes and their schedule share: how long runs and bursts take, and what waits for what.
//
// Model     a run takes its dense products at 2,048 a cycle and 32 cycles; a burst 24 cycles and its beats, 17 a weight row and 4 a
//           normalization row; a stored beat takes longer, as tiles read first. Bursts run one after another beside the runs; a run waits
//           for those that it needs, and for stores of rows that it writes over. An eighth of all beats is added, as they are not free (energy). Measured cycles depend on masks and values: the model only compares.
// Test      stripe_schedule_test.cpp
#pragma once

#include "compiler/schedule.hpp"

namespace wd::compiler {

constexpr double products_per_cycle = 2048, run_cycles = 32, burst_cycles = 24;
constexpr double beats_per_weight_row = 17, beats_per_norm_row = 4;
constexpr double cycles_per_stored_beat = 1.5;

class StripeClock {
 public:
  StripeClock(const std::vector<LoweredStep>& steps, const StripeGraph& graph, const arch::Arch& arch)
      : steps_(steps), graph_(graph), arch_(arch) {}

  /// Of a piece whose transfers are placed.
  double cycles(const Piece& piece) const;

 private:
  double of(const Run& run) const;
  double of(const Transfer& transfer) const;
  double beats(const RowBurst& burst) const;

  const std::vector<LoweredStep>& steps_;
  const StripeGraph& graph_;
  const arch::Arch& arch_;
};

}  // namespace wd::compiler
