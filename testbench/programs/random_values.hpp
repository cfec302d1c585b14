// SPDX-License-Identifier: Apache-2.0
// The numbers of a random program: choices, weight rows, norms, activation codes.
// Test      random_program_test.cpp
#pragma once

#include <optional>
#include <random>
#include <vector>

#include "hw/formats/program/weight_words.hpp"

namespace wd::testbench {

class RandomValues {
 public:
  RandomValues(std::uint64_t seed, std::optional<double> density) : random_(seed), density_(density) {}

  int between(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
  bool chance(double p) { return std::bernoulli_distribution(p)(random_); }

  /// Rows of the tiles of a convolution, planes innermost. @param chunks of a tile
  std::vector<program::WeightRow> weights(const arch::Instr& conv, int chunks, const arch::Arch& arch);
  /// gamma and beta of so many rows; mostly moderate, sometimes any bits at all.
  Bytes norms(int rows);
  /// Any codes but NaN.
  std::vector<std::uint8_t> activations(std::size_t count);

 private:
  double density() { return density_ ? *density_ : between(0, 20) / 20.0; }

  std::mt19937_64 random_;
  std::optional<double> density_;
};

}  // namespace wd::testbench
