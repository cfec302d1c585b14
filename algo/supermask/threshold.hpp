// SPDX-License-Identifier: Apache-2.0
// Finds the exact score magnitudes that separate a supermask's coats.
//
// Numerics  of n scores, coat i keeps those with |s| >= t_i, where t_i is the (floor(q_i * n))-th smallest
//           |s| (from 0): n - floor(q_i * n) scores, more only where scores tie with t_i. Frozen weights
//           count: pruned ones as the smallest, locked ones as the largest; t_i is 0 where all free weights
//           are kept, infinite where none. A random sample says where t_i lies; one pass counts what is below
//           and collects what is near; where the sample misled, a histogram decides. The result is exact in
//           every case.
// Errors    none; a NaN score compares as largest.
// Source    arXiv 1911.13299 (one coat), Okoshi et al., ICML 2022 (several), arXiv 2402.14029 (frozen
//           weights); selection: Floyd and Rivest, CACM 18(3), 1975
// Test      threshold_test.cpp (std::nth_element)
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "algo/supermask/score_kernels.hpp"

namespace wd::algo {

/// A part of the weights that are ranked together.
struct ScoreSegment {
  const float* scores = nullptr;
  const std::uint8_t* flags = nullptr;  // weight_flags.hpp; null: nothing is frozen
  std::size_t count = 0, pruned = 0, locked = 0;
};

/// The place of a coat's threshold among the free weights' magnitudes: 0 .. free - 1; -1: all free weights
/// are kept, `free`: none is.
struct FreeRank {
  std::ptrdiff_t place = 0, free = 0;

  bool fixed() const { return place < 0 || place >= free; }
  float fixed_threshold() const;
};
FreeRank free_rank(double pruned_fraction, std::span<const ScoreSegment> segments);

std::vector<float> select_thresholds(std::span<const ScoreSegment> segments, std::span<const double> pruned);
std::vector<float> select_thresholds(std::span<const float> scores, std::span<const double> pruned);

/// An interval that most probably holds the rank's threshold, from a sample.
Bracket sample_bracket(std::span<const ScoreSegment> segments, const FreeRank& rank);
/// The same threshold without a sample: slower, at any distribution.
float select_by_histogram(std::span<const ScoreSegment> segments, std::size_t rank);
/// The rank-th smallest of some magnitudes (the bits of floats without sign); reorders them.
std::uint32_t select_magnitude(std::span<std::uint32_t> magnitudes, std::size_t rank);

}  // namespace wd::algo
