// SPDX-License-Identifier: Apache-2.0
// Computes single cells of a reservoir on demand, each at most once per image.
//
// A cell of step t asks for the cells of step t - 1 that its rule depends on, down to pixels: its light
// cone. Values are the same as Reservoir::evaluate's.
// Units     Counts: sums over images since the last reset.
// Test      reservoir_test.cpp
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "algo/reservoir/reservoir.hpp"

namespace wd::algo {

struct LazyCounts {
  std::uint64_t images = 0;
  std::uint64_t bit_tests = 0;       // calls of bit()
  std::uint64_t cells_asked = 0;     // different features among them
  std::uint64_t pixel_bits = 0;      // different bits of the encoded image that were needed
  std::uint64_t cells_computed = 0;  // cells of steps 1 to T, each one application of the local rule
  std::uint64_t cells_read = 0;      // operands of those applications
  LazyCounts& operator+=(const LazyCounts& other);
};

class LazyReservoir {
 public:
  explicit LazyReservoir(const Reservoir& reservoir);

  /// Begins an image, whose pixels must outlive the questions about it.
  void start(std::span<const std::uint8_t> image);
  /// @param feature as in reservoir.hpp
  bool bit(std::size_t feature);
  const LazyCounts& counts() const { return counts_; }

  /// Bits of working memory for one image: a known flag and a value per feature.
  static std::uint64_t state_bits(const Reservoir& reservoir) { return 2 * reservoir.features(); }

 private:
  bool cell(std::size_t feature);
  bool compute(std::size_t feature);

  const Reservoir& reservoir_;
  std::vector<LocalRule> rules_;  // per automaton
  std::span<const std::uint8_t> image_;
  std::vector<std::uint64_t> known_, value_, asked_;
  LazyCounts counts_;
};

/// What a reservoir computes for each image when nothing is left out.
struct FullCounts {
  std::uint64_t cells_computed = 0, cells_read = 0;
};
FullCounts full_counts(const Reservoir& reservoir);

}  // namespace wd::algo
