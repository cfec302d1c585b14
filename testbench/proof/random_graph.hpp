// SPDX-License-Identifier: Apache-2.0
// Draws model graphs of every shape that a model may have.
//
// Shape     images of 1 to 4 channels, sides 1 to 10, some of up to 30 rows; convolutions of odd and even kernels, strides, pads, 1 to 90 channels;
//           residuals from near and far, tensors that are written again; folds of 1 to 3 layers; pooled ones, max pools and
//           layers without products anywhere.
// Test      proof_test.cpp (that the corners are visited)
#pragma once

#include <cstdint>
#include <random>

#include "hw/formats/model/network.hpp"

namespace wd::testbench {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}

  /// @return a number in [low, high]
  int pick(int low, int high) {
    return low + static_cast<int>(random_() % static_cast<std::uint64_t>(high - low + 1));
  }
  bool chance(int percent) { return pick(1, 100) <= percent; }
  std::uint64_t bits() { return random_(); }

 private:
  std::mt19937_64 random_;
};

model::Network random_graph(std::uint64_t seed);

}  // namespace wd::testbench
