// SPDX-License-Identifier: Apache-2.0
// The bootstrap samples of a tree node as masks on column words, and their counts per class.
//
// A sample drawn m times appears in one mask for each 1 in m's binary form, so a count is a sum of
// popcounts shifted by the digit: 64 samples a step in large nodes, and never more steps than samples.
// Test      random_forest_test.cpp
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "algo/reservoir/feature_columns.hpp"

namespace wd::algo {

/// Entries of one node or of several nodes on a stack, sorted by word within a node.
struct SampleWords {
  std::vector<std::uint64_t> masks;
  std::vector<std::uint32_t> words;  // place in the column
  std::vector<std::uint8_t> digits;  // weight 2^digit

  std::size_t size() const { return words.size(); }
  void push(std::uint32_t word, std::uint64_t mask, std::uint8_t digit) {
    masks.push_back(mask);
    words.push_back(word);
    digits.push_back(digit);
  }
  void shrink(std::size_t size) {
    masks.resize(size);
    words.resize(size);
    digits.resize(size);
  }
};

/// Entries [begin, end) of one class.
struct ClassRun {
  std::uint32_t begin = 0, end = 0;
  std::uint16_t label = 0;
};

/// The classes present in entries [begin, size()).
void find_class_runs(const SampleWords& samples, std::size_t begin, const FeatureColumns& columns,
                     std::vector<ClassRun>& runs);

/// counts[i] = weight of the samples of runs[i] whose bit in `column` is 1.
void count_ones(const SampleWords& samples, std::span<const ClassRun> runs, const std::uint64_t* column,
                std::uint32_t* counts);

/// counts[i] = weight of all samples of runs[i].
void count_all(const SampleWords& samples, std::span<const ClassRun> runs, std::uint32_t* counts);

}  // namespace wd::algo
