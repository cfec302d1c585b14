// SPDX-License-Identifier: Apache-2.0
// Weight sets and whole models with masks drawn at random: the sizes of networks that nobody has trained here.
//
// Numerics  level n of a weight where a uniform number u of it lies between pruned[n - 1] and pruned[n]; learned
//           signs are fair bits. Frozen: pruned and locked so that half of the free weights are kept, or as near
//           as the density allows (algo/supermask/distribution.hpp); free ones have the density that then remains.
//           Norms are arbitrary FP16 numbers. Deterministic.
// Test      sizes_test.cpp
#pragma once

#include <vector>

#include "algo/graph/graph.hpp"
#include "hw/formats/model/network.hpp"

namespace wd::compress {

struct MaskQuestion {
  std::vector<double> pruned{0.7};  // one fraction per coat, of all weights
  bool learned_signs = false;
  double frozen = 0;  // share of the weights whose place in the mask comes from a seed
};

/// Errors: fractions that do not ascend or leave 0 to 1: wd::Error.
void check(const MaskQuestion& question);

/// @param layer its place in the network: picks the random numbers.
model::Weights random_weights(const algo::WeightShape& shape, const MaskQuestion& question,
                              std::size_t layer);

/// The data set of models that were never trained.
inline constexpr const char* no_dataset = "none";

/// Errors: a graph that models lack (max pooling): wd::Error naming the node.
model::Network random_model(const algo::Graph& graph, const MaskQuestion& question);

}  // namespace wd::compress
