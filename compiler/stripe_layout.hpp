// SPDX-License-Identifier: Apache-2.0
// Gives the values of a plan their rings and activation rows, and puts all groups' actions in order.
//
// What      a value that stays on the chip across a border keeps its ring, which is the whole value; other rings live in one group.
//           Rings that never are at the same time may share activation rows.
// Test      stripe_layout_test.cpp (a simulated buffer: each row is there when it is read)
#pragma once

#include <vector>

#include "compiler/stripe_plan.hpp"

namespace wd::compiler {

/// Activation rows of values that follow each other in the same place.
struct StripeRing {
  std::vector<int> values;
  int rows = 0;   // of an image: row y lies in ring row y mod rows
  int pitch = 0;  // activation rows of a word
  int area = 0;   // activation rows
  int first_group = 0, last_group = 0;
  int first = 0;  // its first activation row
};

struct StripeLayout {
  std::vector<StripeGroup> groups;
  std::vector<std::vector<StripeAction>> actions;  // of each group
  std::vector<std::vector<int>> ring_of;           // of each group: of each value; -1: none
  std::vector<StripeRing> rings;
  int rows = 0;  // that all of them take

  const StripeRing& ring(std::size_t group, int value) const {
    return rings[static_cast<std::size_t>(ring_of[group][static_cast<std::size_t>(value)])];
  }
};

StripeLayout lay_out(const StripeGraph& graph, std::vector<StripeGroup> groups, const arch::Arch& arch);

/// The stripes that the instructions of a compute action take.
std::vector<RowRange> pieces_of(const StripeGraph& graph, const StripeLayout& layout, std::size_t group,
                                const StripeAction& action);

/// Activation rows that a word of some image rows takes in a ring, which they do not leave.
RowRange rows_in_ring(const StripeRing& ring, int width, RowRange rows, int word, const arch::Arch& arch);

/// Plans until rings fit: holes between values that stay over groups may cost what the plan has counted on.
/// @param per_instruction, per_beat, residuals_last of StripeLimits
StripeLayout plan_and_lay_out(const StripeGraph& graph, const arch::Arch& arch, double per_instruction,
                              double per_beat, int batch, bool residuals_last = false);

}  // namespace wd::compiler
