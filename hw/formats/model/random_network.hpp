// SPDX-License-Identifier: Apache-2.0
// Draws networks at random: for tests, and for benchmarks that need no training.
//
// Shape     hidden_fold_network: the demo's shape (stem, two folded stages, pooled classifier);
//           small_network: a few layers of random shapes, strides, kernels, coats and residuals;
//           residual_network: blocks whose residuals come from near and far, tensors that are written twice, pools, elementwise layers, folds;
//           pooled_stem_network: the start of an ImageNet ResNet (7x7 stride 2, pool 3x3 stride 2, a block), small.
//           Images, maps and kernels of small_network and residual_network are square where the seed is odd.
// Not       trained: accuracies mean nothing; sparsity and value ranges are realistic.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/formats/model/network.hpp"

namespace wd::model {

struct FoldedShape {
  int stem_channels = 64;
  std::vector<int> channels{64, 128};
  std::vector<int> strides{1, 2};
  std::vector<int> iterations{2, 2};
  int coats = 3;
};

Network hidden_fold_network(const FoldedShape& shape, std::uint64_t seed);
Network small_network(std::uint64_t seed);
Network residual_network(std::uint64_t seed);
Network pooled_stem_network(std::uint64_t seed);

/// A random grey image with dark borders, as bytes.
std::vector<std::uint8_t> random_image(const Network& network, std::uint64_t seed);

}  // namespace wd::model
