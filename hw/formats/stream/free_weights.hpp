// SPDX-License-Identifier: Apache-2.0
// Takes the weights that a seed decides out of a weight set before it is coded, and puts them back.
//
// Shape     free weights keep their order, in streams of 64 output channels each (stream_channels).
// Errors    levels that are not what the seed says: wd::Error naming the weight set and the weight.
// Test      compressed_model_test.cpp
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/files.hpp"
#include "hw/formats/model/network.hpp"

namespace wd::stream {

/// Views into the weight set where nothing is frozen, copies otherwise; the set must outlive them.
struct FreeWeights {
  std::span<const std::uint8_t> levels, signs;  // signs empty if they are random
  std::vector<std::size_t> stream_weights;
  Bytes locked_signs;  // learned signs of locked weights, 8 a byte

  explicit FreeWeights(const model::Weights& weights, const std::string& origin);
  FreeWeights(const FreeWeights&) = delete;
  FreeWeights& operator=(const FreeWeights&) = delete;
  FreeWeights(FreeWeights&&) = default;

 private:
  std::vector<std::uint8_t> free_levels_, free_signs_;
};

/// How many weights of each stream are free, and how many of the set are locked.
struct FreeCounts {
  std::vector<std::size_t> stream_weights;
  std::size_t free = 0, locked = 0;

  explicit FreeCounts(const model::Weights& weights);
};

/// Of a weight set alone: its code, with a table of its own, and the signs of its locked weights.
std::size_t coded_bytes(const model::Weights& weights);

/// Fills levels and learned signs of a set from its free ones. @param locked_signs as above, of FreeCounts' size.
void put_back(model::Weights& weights, std::vector<std::uint8_t> levels, std::vector<std::uint8_t> signs,
              std::span<const std::uint8_t> locked_signs, const std::string& origin);

}  // namespace wd::stream
