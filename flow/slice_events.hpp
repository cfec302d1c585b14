// SPDX-License-Identifier: Apache-2.0
// What the counters of a chip that is one slice would count in a tile, and what of its operands no counter tells.
//
// Test      slice_test.cpp: against a plain evaluation, and summed over all slices against the fast simulator's counters
#pragma once

#include "flow/slice.hpp"

namespace wd::flow {

struct SliceEvents {
  arch::Counters counters;     // those of the array
  double cycles = 0;           // of the stimulus
  double low_operands = 0;     // that reach the low segment of the sum
  double double_operands = 0;  // with two bits of a weight: x 3
  double dense_macs = 0;       // of the channels that exist
  double zero_activations = 0, activations = 0, weights_set = 0;

  SliceEvents& operator+=(const SliceEvents& other);
};

SliceEvents slice_events(const arch::Arch& arch, const SliceTile& tile);

}  // namespace wd::flow
