// SPDX-License-Identifier: Apache-2.0
// Tiles of random operands of a wished density, where a program's own are not what is asked for.
//
// What      weights are not zero with the probability `density`, by a counted random number; their magnitudes are equally likely among those
//           of `planes`. Activations are zero with the probability `zeros`, else the magnitude of a normal number of `sigma`, in FP8. Issue times are
//           the recurrences' for all channels and groups of the array.
// Test      slice_test.cpp
#pragma once

#include <string>
#include <vector>

#include "flow/slice.hpp"

namespace wd::flow {

struct SlicePoint {
  double density = 0.3, zeros = 0.5;
  double sigma = 16;
  std::vector<int> planes = {1, 2, 3};  // of a tile one of these

  std::string name() const;
};

/// Tiles of about so many cycles.
std::vector<SliceTile> random_slices(const arch::Arch& arch, const SlicePoint& point, std::uint64_t seed,
                                     int cycles);

}  // namespace wd::flow
