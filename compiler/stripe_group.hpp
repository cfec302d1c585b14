// SPDX-License-Identifier: Apache-2.0
// A fused group of layers in stripes: which rows are computed, loaded and stored in which order, and how many rows of a value
// have to be held meanwhile.
//
// What      each stripe of the last layer's output pulls the rows that it needs through the layers before, a piece at a time and each
//           piece what it needs in turn, so that every row is computed once and no halo twice. A value is held in a ring: row y
//           lies in ring row y mod R. A layer alone whose output goes to memory may compute some of its channels at a time.
// Errors    none: what fits is decided by stripe_plan.hpp.
// Test      stripe_group_test.cpp (that each row is there when it is read, by a buffer simulated row by row)
#pragma once

#include <vector>

#include "compiler/stripe_graph.hpp"

namespace wd::compiler {

/// Layers [first, last], so many rows of the last one's output at a time.
struct GroupShape {
  int first = 0, last = 0;
  int rows = 0;
  int pieces = 1;     // that the layers before compute their rows of a stripe in
  bool ahead = true;  // what the next piece needs from memory is loaded when a piece begins
  int slices = 1;     // of the output's channels
  bool residuals_last =
      false;  // a residual is made behind the input, not before it: a store of what lay in its place has time
};

/// Values that come from memory, and values that go there. All other values of the group are on the chip before, or stay.
struct GroupBorders {
  std::vector<int> loads, stores;
};

struct StripeAction {
  enum class Kind { load, compute, store };
  Kind kind = Kind::compute;
  int what = 0;  // a layer to compute, a value to load or store
  RowRange rows;
  int slice = 0;  // of the value's channels, where they are sliced

  bool operator==(const StripeAction&) const = default;
};

/// The numbers of slices, from 2 on, that a layer's output can be computed in: of whole channel tiles and words.
std::vector<int> possible_slices(const StripeGraph& graph, int layer, const arch::Arch& arch);

/// Values that lie in the same rows, each but the first written over the one before.
struct GroupRing {
  std::vector<int> values;
  int words = 0;  // of a pixel: all, or a slice's
  int least = 0;  // image rows that are needed at once
  int rows = 0;   // that it has: so that stripes and bursts begin in bank 0 and do not cross its end
};

std::vector<StripeAction> group_actions(const StripeGraph& graph, const GroupShape& shape,
                                        const GroupBorders& borders);

/// Of all values that the actions touch.
std::vector<GroupRing> group_rings(const StripeGraph& graph, const GroupShape& shape,
                                   const GroupBorders& borders, const std::vector<StripeAction>& actions);

/// Activation rows, in every bank, of a word of so many image rows.
int ring_pitch(const StripeValue& value, int rows, const arch::Arch& arch);

/// The rows that a compute action's instructions take together: stripes end at the ends of the rings that they write or
/// read as residual. @param ring_rows of output, residual and elementwise input; 0: none
std::vector<RowRange> split_at_rings(RowRange rows, const std::vector<int>& ring_rows);

}  // namespace wd::compiler
