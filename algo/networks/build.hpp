// SPDX-License-Identifier: Apache-2.0
// Lays a configured network out as a graph.
//
// Shape     image H x W x C; the graph's input is (H / patch) x (W / patch) x (patch^2 C, twice with split
//           pixels).
// Errors    images that the patch does not divide or that a network's pools shrink to nothing: wd::Error.
// Test      networks_test.cpp (weight and norm counts of the published networks)
#pragma once

#include "algo/graph/graph.hpp"
#include "algo/networks/network_config.hpp"

namespace wd::algo {

struct ImageShape {
  int height = 28, width = 28, channels = 1;
};

Graph build_graph(const NetworkConfig& config, const ImageShape& image, int classes);

/// FP32 parameters of the same network, trained dense and unfolded: weights, and two per channel of each
/// norm.
std::size_t dense_unfolded_parameters(const Graph& graph);

}  // namespace wd::algo
