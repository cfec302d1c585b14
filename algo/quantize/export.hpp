// SPDX-License-Identifier: Apache-2.0
// Turns a trained network into hw/model's Network: levels, folded norms, tensors with scales, steps.
//
// Shape     the unrolled graph is rolled up again: one Loop per fold, norms in iteration order.
// Numerics  norms are quantize/fold.hpp's; the classifier's gamma is sigma * 2^-s / positions, beta 0.
// Errors    norms beyond FP16, shapes beyond the hardware's: wd::Error (model::check).
// Test      export_test.cpp (an integer interpreter of the exported network)
#pragma once

#include "algo/train/engine.hpp"

namespace wd::algo {

/// One folded norm per layer (iterations apart), then the classifier's; the statistics must be those of
/// FP8 activations.
std::vector<model::Norm> fold_layers(const Engine& engine, const std::vector<ChannelStatistics>& statistics);

model::Network export_network(const Engine& engine, const std::vector<model::Norm>& norms,
                              const TrainConfig& config, const model::InputTransform& transform);

}  // namespace wd::algo
