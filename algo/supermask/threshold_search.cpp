// SPDX-License-Identifier: Apache-2.0
#include "algo/supermask/threshold_search.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace wd::algo {
namespace {

constexpr std::size_t capacity = 4096 + 16;  // magnitudes near a threshold in one part
constexpr float least_width = 1e-3f, most_width = 0.05f;

}  // namespace

ThresholdSearch::ThresholdSearch(std::size_t parts, std::size_t coats)
    : coats_(coats),
      thresholds_(coats),
      gathered_(parts * coats),
      values_(std::make_unique_for_overwrite<std::uint32_t[]>(parts * coats * capacity)) {
  for (std::size_t i = 0; i < gathered_.size(); ++i)
    gathered_[i] = {0, 0, values_.get() + i * capacity, capacity};
}

void ThresholdSearch::expect(std::span<const ScoreSegment> segments, std::span<const double> pruned) {
  for (std::size_t n = 0; n < coats_.size(); ++n) {
    Coat& coat = coats_[n];
    coat.known = coat.known && coat.pruned == pruned[n];
    coat.pruned = pruned[n];
    coat.rank = free_rank(pruned[n], segments);
    coat.found = coat.rank.fixed();
    if (coat.found) {
      thresholds_[n] = coat.rank.fixed_threshold();
      coat.known = false;
    } else if (coat.known) {
      coat.bracket = {coat.last * (1 - coat.width), coat.last * (1 + coat.width)};
    } else {
      coat.bracket = sample_bracket(segments, coat.rank);
    }
  }
  for (Gathered& part : gathered_) part.below = part.inside = 0;
}

void ThresholdSearch::gather(std::size_t part, std::size_t count, const float* scores,
                             const std::uint8_t* flags) {
  for (std::size_t n = 0; n < coats_.size(); ++n)
    if (!coats_[n].found) score_kernels().gather(count, scores, flags, coats_[n].bracket, gathered(part, n));
}

bool ThresholdSearch::finish() {
  bool all = true;
  const std::size_t parts = coats_.empty() ? 0 : gathered_.size() / coats_.size();
  for (std::size_t n = 0; n < coats_.size(); ++n) {
    if (coats_[n].found) continue;
    const auto place = static_cast<std::size_t>(coats_[n].rank.place);
    std::size_t below = 0, inside = 0;
    bool full = false;
    for (std::size_t p = 0; p < parts; ++p) {
      below += gathered(p, n).below;
      inside += gathered(p, n).inside;
      full = full || gathered(p, n).inside == capacity;
    }
    if (full || place < below || place >= below + inside) {
      all = false;
      continue;
    }
    std::vector<std::uint32_t> near;
    near.reserve(inside);
    for (std::size_t p = 0; p < parts; ++p)
      near.insert(near.end(), gathered(p, n).values, gathered(p, n).values + gathered(p, n).inside);
    accept(coats_[n], std::bit_cast<float>(select_magnitude(near, place - below)));
    thresholds_[n] = coats_[n].last;
  }
  return all;
}

/// The next interval reaches three times as far as the threshold moved, and shrinks slowly.
void ThresholdSearch::accept(Coat& coat, float threshold) {
  const float moved = coat.known ? std::abs(threshold - coat.last) / coat.last : most_width;
  coat.width = std::clamp(std::max(3 * moved, 0.8f * coat.width), least_width, most_width);
  coat.last = threshold;
  coat.found = true;
  coat.known = threshold > 0 && std::isfinite(threshold);
}

void ThresholdSearch::retry(std::span<const ScoreSegment> segments) {
  for (std::size_t n = 0; n < coats_.size(); ++n) {
    if (coats_[n].found) continue;
    coats_[n].bracket = sample_bracket(segments, coats_[n].rank);
    coats_[n].width = most_width;
    for (std::size_t i = n; i < gathered_.size(); i += coats_.size())
      gathered_[i].below = gathered_[i].inside = 0;
  }
}

void ThresholdSearch::finish_by_histogram(std::span<const ScoreSegment> segments) {
  for (std::size_t n = 0; n < coats_.size(); ++n) {
    if (coats_[n].found) continue;
    accept(coats_[n], select_by_histogram(segments, static_cast<std::size_t>(coats_[n].rank.place)));
    thresholds_[n] = coats_[n].last;
  }
}

}  // namespace wd::algo
