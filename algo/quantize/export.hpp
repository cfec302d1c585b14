// SPDX-License-Identifier: Apache-2.0
// Turns a trained network into hw/formats/model's Network: levels, norms, tensors with scales, steps.
//
// Shape     the unrolled graph is rolled up again: one Loop per fold, norms in iteration order.
// Errors    what the chip's model lacks: see not_for_chip(); norms beyond FP16, shapes beyond the hardware's:
//           wd::Error (model::check).
// Test      export_test.cpp (an integer interpreter of the exported network)
#pragma once

#include "algo/executor/evaluate.hpp"

namespace wd::algo {

/// Why the chip cannot run a network, naming the node; empty if it can.
std::string not_for_chip(const Executor& executor);

/// A layer's levels, signs and what is frozen of them; not for dense layers.
model::Weights export_weights(const Supermask& mask);

/// A graph with these weights (one per WeightShape), norms (one per node) and scales (one per tensor) as a model;
/// name, data set, seed and input transform are the caller's to fill in. Errors: a node that models lack.
model::Network roll_up(const Graph& graph, std::vector<model::Weights> weights,
                       const std::vector<model::Norm>& norms, const std::vector<int>& scale_exps);
/// Why a graph cannot be a model, naming the node; empty if it can.
std::string not_in_models(const Graph& graph);

/// Where a model comes from, as its file says.
struct Provenance {
  std::string name, dataset;
  std::uint64_t seed = 1;
};

/// @param norms one per node (absorb_norms). @param scale_exps one per tensor.
model::Network export_network(const Executor& executor, const std::vector<model::Norm>& norms,
                              const std::vector<int>& scale_exps, const Provenance& provenance,
                              const InputFormat& format);

}  // namespace wd::algo
