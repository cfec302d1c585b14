// SPDX-License-Identifier: Apache-2.0
// Finds the same thresholds again after every training step, from scores that pass by in parts.
//
// The last thresholds and how fast they moved say where the next ones lie; while the scores are updated, each
// part counts what is below and collects what is near, and finish() selects among those few. Where a
// threshold left its interval, a sample of the scores gives a new one, and at last a histogram.
// Numerics  exactly select_thresholds(), in any order of the parts.
// Test      mask_set_test.cpp (every step against select_thresholds)
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "algo/supermask/threshold.hpp"

namespace wd::algo {

class ThresholdSearch {
 public:
  ThresholdSearch(std::size_t parts, std::size_t coats);

  /// Starts a search. @param segments all scores that are ranked together, as far as they are known.
  void expect(std::span<const ScoreSegment> segments, std::span<const double> pruned);
  /// Takes in scores of one part; different parts may be gathered at the same time.
  void gather(std::size_t part, std::size_t count, const float* scores, const std::uint8_t* flags);
  /// Whether all thresholds were found; false: retry() and gather all parts again.
  bool finish();
  void retry(std::span<const ScoreSegment> segments);
  /// Finds what is still missing.
  void finish_by_histogram(std::span<const ScoreSegment> segments);

  const std::vector<float>& thresholds() const { return thresholds_; }

 private:
  struct Coat {
    FreeRank rank;
    Bracket bracket;
    bool found = false;
    bool known = false;  // whether `last` is a threshold of the search before
    double pruned = -1;
    float last = 0;
    float width = 0;  // of the next bracket, relative
  };
  void accept(Coat& coat, float threshold);
  Gathered& gathered(std::size_t part, std::size_t coat) { return gathered_[part * coats_.size() + coat]; }

  std::vector<Coat> coats_;
  std::vector<float> thresholds_;
  std::vector<Gathered> gathered_;  // parts x coats
  std::unique_ptr<std::uint32_t[]> values_;
};

}  // namespace wd::algo
