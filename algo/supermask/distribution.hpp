// SPDX-License-Identifier: Apache-2.0
// Shares a network's density among its layers.
//
// Units     densities and freezing are fractions of a layer's weights, 0 to 1.
// Numerics  uniform: the same everywhere. ERK: in proportion to (I + O + KH + KW) / (I * O * KH * KW).
//           equal_per_layer: the same number of weights. A layer that would pass 1 gets 1, and the others
//           share the rest by the same rule, so that the network's density is met. Sparsity warm-up, of the first coat's
//           pruned fraction: q(t) = q + (start - q) (1 - t / epochs)^3, t in epochs.
// Source    Evci et al., arXiv 1911.11134 (ERK, after Mocanu's ER); arXiv 2402.14029 (freezing); Zhu and Gupta, arXiv
//           1710.01878 (warm-up)
// Test      distribution_test.cpp
#pragma once

#include <vector>

#include "algo/graph/graph.hpp"
#include "algo/supermask/mask_config.hpp"

namespace wd::algo {

std::vector<double> layer_densities(Distribution distribution, const std::vector<WeightShape>& layers,
                                    double density);

/// The coats' pruned fractions of a layer that keeps `density` with its first coat: what all of them keep is
/// scaled by one factor.
std::vector<double> scaled_coats(const std::vector<double>& pruned, double density);

/// The coats' pruned fractions so many epochs after the start of training: `config.pruned` once there is no warm-up.
std::vector<double> warmed_coats(const MaskConfig& config, double epoch);

struct LayerFreeze {
  double pruned = 0, locked = 0;
};

/// Freezes `frozen` of a layer of density `density` so that half of the free weights are kept, or, where that
/// would need a negative fraction, as near to it as `frozen` allows.
LayerFreeze balanced_freeze(double density, double frozen);

/// One per layer. @param densities of the layers' first coats (for balanced freezing).
std::vector<LayerFreeze> layer_freezes(const FreezeConfig& freeze, const std::vector<WeightShape>& layers,
                                       const std::vector<double>& densities);

}  // namespace wd::algo
