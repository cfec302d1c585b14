// SPDX-License-Identifier: Apache-2.0
// Grows one tree of a random forest on its bootstrap sample.
//
// Each node draws features without replacement and takes the one of the highest decrease of impurity (the
// first drawn of several). Where none of the drawn ones parts the samples, further ones are drawn until
// one does or none is left. A node ends when pure, at the depth limit, or when nothing parts it.
// Numerics  what is drawn depends on (seed, tree number) only.
// Test      random_forest_test.cpp
#pragma once

#include <cstdint>
#include <vector>

#include "algo/reservoir/random_forest.hpp"

namespace wd::algo {

/// A tree whose leaves point to rows of its own.
struct GrownTree {
  Tree tree;
  std::vector<std::uint8_t> votes;
};

GrownTree grow_tree(const ForestConfig& config, std::uint64_t seed, std::uint32_t number,
                    const FeatureColumns& columns);

}  // namespace wd::algo
