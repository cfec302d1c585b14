// SPDX-License-Identifier: Apache-2.0
// Turns a trained network into hw/model's Network: levels, folded norms, tensors with scales, steps.
//
// Shape     the unrolled graph is rolled up again: one Loop per fold, norms in iteration order.
// Errors    what the chip's model lacks: see not_for_chip(); norms beyond FP16, shapes beyond the hardware's:
//           wd::Error (model::check).
// Test      export_test.cpp (an integer interpreter of the exported network)
#pragma once

#include "algo/train/evaluate.hpp"

namespace wd::algo {

/// Why the chip cannot run a network, naming the node; empty if it can.
std::string not_for_chip(const Engine& engine);

/// @param norms one per node (fold_nodes). @param scale_exps one per tensor.
model::Network export_network(const Engine& engine, const std::vector<model::Norm>& norms,
                              const std::vector<int>& scale_exps, const TrainConfig& config,
                              const InputFormat& format);

}  // namespace wd::algo
