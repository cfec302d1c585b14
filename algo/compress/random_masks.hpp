// SPDX-License-Identifier: Apache-2.0
// Weight sets and whole models with masks drawn at random: the sizes of networks that nobody has trained here.
//
// Numerics  level n of a weight where a uniform number u of it lies between pruned[n - 1] and pruned[n]; learned
//           signs are fair bits. Frozen: pruned and locked so that half of the free weights are kept, or as near
//           as the density allows (algo/supermask/distribution.hpp); free ones have the density that then remains.
//           Norms are arbitrary FP16 numbers. Deterministic.
// Test      sizes_test.cpp
#pragma once

#include <optional>
#include <vector>

#include "algo/graph/graph.hpp"
#include "algo/supermask/distribution.hpp"
#include "hw/formats/model/network.hpp"

namespace wd::compress {

struct MaskQuestion {
  std::vector<double> pruned{0.7};  // one fraction per coat, of all weights
  bool learned_signs = false;
  double frozen = 0;  // share of the weights whose place in the mask comes from a seed
  std::optional<algo::LayerFreeze> freeze =
      {};  // how `frozen` is divided, if not so that half of the rest is kept
};

/// What a training would ask of each of its layers, as far as it is known before: the densities of a ranking over
/// all layers are taken as equal, an adaptive schedule's coats as those that it starts from.
/// Errors: a configuration whose weights have no densities (dense, signed threshold): wd::Error.
std::vector<MaskQuestion> questions_of(const algo::MaskConfig& config,
                                       const std::vector<algo::WeightShape>& layers);

/// Errors: fractions that do not ascend or leave 0 to 1: wd::Error.
void check(const MaskQuestion& question);

/// @param layer its place in the network: picks the random numbers.
model::Weights random_weights(const algo::WeightShape& shape, const MaskQuestion& question,
                              std::size_t layer);

/// The data set of models that were never trained.
inline constexpr const char* no_dataset = "none";

/// @param questions one per weight set, or one for all.
/// Errors: a graph that models lack (layer norm): wd::Error naming the node.
model::Network random_model(const algo::Graph& graph, const std::vector<MaskQuestion>& questions);

}  // namespace wd::compress
