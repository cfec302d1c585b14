// SPDX-License-Identifier: Apache-2.0
// Binary features of all samples, one bit column per feature, samples sorted by class.
//
// Shape     features x words 64-bit words. Sample i is bit slots[i] % 64 of word slots[i] / 64 of each
//           column. Each class starts on a whole word, so that all samples of a word are of one class; unused
//           slots are 0. A class's samples keep their order.
// Errors    a matrix above memory_limit_bytes: wd::Error with the remedy.
// Test      random_forest_test.cpp
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/parallel.hpp"

namespace wd::algo {

inline constexpr std::uint64_t memory_limit_bytes = std::uint64_t{4} << 30;

struct FeatureColumns {
  std::size_t features = 0, samples = 0, words = 0;
  int classes = 0;
  std::vector<std::uint64_t> bits;
  std::vector<std::uint32_t> slots;       // per sample
  std::vector<std::uint16_t> word_class;  // per word

  const std::uint64_t* column(std::size_t feature) const { return bits.data() + feature * words; }
};

/// Refuses a matrix that would not fit.
void require_feature_memory(std::uint64_t features, std::uint64_t samples);

/// Fills ceil(features / 64) words with a sample's features; called in parallel.
using FeatureSource = std::function<void(std::size_t sample, std::span<std::uint64_t> bits)>;

/// @param labels each below `classes`.
FeatureColumns make_feature_columns(ThreadPool& pool, std::size_t features,
                                    std::span<const std::uint16_t> labels, int classes,
                                    const FeatureSource& source);

/// Transposes 64 x 64 bits: bit j of word i becomes bit i of word j.
void transpose_bits(std::span<std::uint64_t, 64> block);

}  // namespace wd::algo
