// SPDX-License-Identifier: Apache-2.0
// Per-channel sums that chunks leave behind in parallel, joined in chunk order.
//
// Shape     chunks x arrays x channels.
// Numerics  FP32 per chunk, FP64 over chunks, in chunk order: the same at any thread count.
// Test      norm_test.cpp
#pragma once

#include <vector>

#include "algo/kernels/buffer.hpp"

namespace wd::algo {

class ChunkSums {
 public:
  ChunkSums(std::size_t chunks, std::size_t arrays, std::size_t channels)
      : chunks_(chunks), arrays_(arrays), channels_(channels), values_(chunks * arrays * channels) {}

  float* at(std::size_t chunk, std::size_t array) {
    return values_.data() + (chunk * arrays_ + array) * channels_;
  }
  const float* at(std::size_t chunk, std::size_t array) const {
    return values_.data() + (chunk * arrays_ + array) * channels_;
  }
  std::size_t chunks() const { return chunks_; }

  /// The sum of one array over all chunks, per channel.
  std::vector<double> total(std::size_t array) const {
    std::vector<double> sum(channels_);
    for (std::size_t chunk = 0; chunk < chunks_; ++chunk) {
      const float* values = at(chunk, array);
      for (std::size_t c = 0; c < channels_; ++c) sum[c] += static_cast<double>(values[c]);
    }
    return sum;
  }

 private:
  std::size_t chunks_, arrays_, channels_;
  Buffer values_;
};

}  // namespace wd::algo
