// SPDX-License-Identifier: Apache-2.0
// Divides a network that does not fit the activation buffer into groups of fused layers, and decides which values go through
// memory between them.
//
// What      dynamic programming over the borders between layers; a state says which of the values that are needed behind a border
//           are on the chip, whole, the others are in memory. Of a group that does not fit whole, the largest stripes that
//           fit are taken.
// Model     cycles = what is exposed + max(0, other bursts - products) + a share of all bursts + 48 an instruction, in the units of
//           stripe_clock.hpp. Bursts run beside the products; exposed are loads that do not come a stripe ahead, and stores of a
//           layer alone, whose next stripe takes their rows. That bursts are not free (energy, the queue) is the share, of which
//           stripes.hpp tries several. Weights beyond the weight buffer come again for each stripe.
// Errors    a layer that does not fit with the smallest stripes: wd::Error naming layer, need, limit and remedy.
// Source    docs/decisions/0038-stripes.md
// Test      stripe_plan_test.cpp
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/stripe_group.hpp"

namespace wd::compiler {

/// What the planner may use.
struct StripeLimits {
  int act_rows = 0;
  int crossing_rows =
      0;  // of `act_rows`, for groups at whose borders values stay on the chip: holes between them are lost
  double per_instruction = 48,
         per_beat = 0.125;      // of loads and stores, in cycles: what hides beside products, too
  bool residuals_last = false;  // GroupShape's
};

struct StripeGroup {
  GroupShape shape;
  std::vector<int> from_memory, to_memory;          // values that are loaded, stored
  std::vector<int> on_chip_before, on_chip_behind;  // values that lie there whole at its borders
  int rows = 0;                                     // activation rows that it takes
  double cycles = 0;                                // by the model
};

std::vector<StripeGroup> plan_stripes(const StripeGraph& graph, const arch::Arch& arch,
                                      const StripeLimits& limits, int batch);

}  // namespace wd::compiler
