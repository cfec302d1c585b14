// SPDX-License-Identifier: Apache-2.0
#include "algo/supermask/threshold.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <memory>

#include "algo/data/counter_random.hpp"
#include "algo/supermask/weight_flags.hpp"
#include "base/error.hpp"

namespace wd::algo {
namespace {

constexpr std::uint32_t drop_bits = 16;  // bins narrower than 1 %: few candidates to select among
constexpr std::size_t bins = std::size_t{1} << (31 - drop_bits);
constexpr std::size_t few = 4096;  // magnitudes that are sorted out directly
constexpr std::uint32_t most = 0x7fffffffu;

std::uint32_t magnitude_bits(float x) { return std::bit_cast<std::uint32_t>(x) & most; }

std::uint32_t is_free(const ScoreSegment& segment, std::size_t at) {
  return segment.flags == nullptr || (segment.flags[at] & flag_frozen) == 0;
}

/// The interval of a sample's order statistics around a share of all, wide enough that a fair sample of such
/// size misses less than once in 10^5.
Bracket quantile_bracket(std::vector<std::uint32_t>& sample, double share) {
  if (sample.empty()) return {0, std::bit_cast<float>(most)};
  const double size = static_cast<double>(sample.size());
  const double margin = 4.5 * std::sqrt(size * share * (1 - share)) + 2;
  const double low = std::floor(share * size - margin), high = std::ceil(share * size + margin);
  Bracket bracket{0, std::bit_cast<float>(most)};
  if (low >= 0) bracket.low = std::bit_cast<float>(select_magnitude(sample, static_cast<std::size_t>(low)));
  if (high < size)
    bracket.high = std::bit_cast<float>(select_magnitude(sample, static_cast<std::size_t>(high)));
  return bracket;
}

/// Positions spread evenly over 0 .. count - 1, each at a random place of its stretch.
template <typename Visit>
void visit_sample(std::size_t count, std::size_t size, const Visit& visit) {
  const std::size_t stretch = count / size;
  for (std::size_t i = 0; i < size; ++i) visit(i * stretch + mix_bits(i) % stretch);
}

std::size_t sample_size(std::size_t count) {
  const double size = std::pow(static_cast<double>(count), 2.0 / 3.0);
  return std::clamp<std::size_t>(static_cast<std::size_t>(size), std::min<std::size_t>(count, 512), count);
}

/// The rank-th smallest by collecting what lies in the bracket; false where it does not hold the rank, or
/// holds so many (ties) that nothing would be gained.
bool select_within(std::span<const ScoreSegment> segments, const FreeRank& rank, const Bracket& bracket,
                   float& threshold) {
  const auto free = static_cast<std::size_t>(rank.free);
  const std::size_t capacity = free <= few ? free + 32 : free / 6 + few / 2;
  const auto inside = std::make_unique_for_overwrite<std::uint32_t[]>(capacity);
  Gathered found{0, 0, inside.get(), capacity};
  for (const ScoreSegment& segment : segments)
    score_kernels().gather(segment.count, segment.scores, segment.flags, bracket, found);
  const auto place = static_cast<std::size_t>(rank.place);
  if (found.inside == found.capacity || place < found.below || place >= found.below + found.inside)
    return false;
  threshold = std::bit_cast<float>(select_magnitude({inside.get(), found.inside}, place - found.below));
  return true;
}

}  // namespace

float FreeRank::fixed_threshold() const { return place < 0 ? 0 : std::numeric_limits<float>::infinity(); }

FreeRank free_rank(double pruned_fraction, std::span<const ScoreSegment> segments) {
  std::size_t count = 0, pruned = 0, locked = 0;
  for (const ScoreSegment& segment : segments) {
    count += segment.count;
    pruned += segment.pruned;
    locked += segment.locked;
  }
  WD_ASSERT(count > 0);
  const auto free = static_cast<std::ptrdiff_t>(count - pruned - locked);
  const auto rank = static_cast<std::ptrdiff_t>(std::floor(pruned_fraction * static_cast<double>(count)));
  const std::ptrdiff_t last = static_cast<std::ptrdiff_t>(count) - 1;
  return {std::clamp(std::min(rank, last) - static_cast<std::ptrdiff_t>(pruned), std::ptrdiff_t{-1}, free),
          free};
}

std::uint32_t select_magnitude(std::span<std::uint32_t> magnitudes, std::size_t rank) {
  const std::size_t count = magnitudes.size();
  WD_ASSERT(rank < count);
  if (count > few) {
    std::vector<std::uint32_t> sample;
    visit_sample(count, sample_size(count), [&](std::size_t at) { sample.push_back(magnitudes[at]); });
    const Bracket bracket = quantile_bracket(sample, static_cast<double>(rank) / static_cast<double>(count));
    const ScoreSegment all{reinterpret_cast<const float*>(magnitudes.data()), nullptr, count};
    const FreeRank place{static_cast<std::ptrdiff_t>(rank), static_cast<std::ptrdiff_t>(count)};
    float found = 0;
    if (select_within(std::span(&all, 1), place, bracket, found)) return magnitude_bits(found);
  }
  const auto wanted = magnitudes.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(magnitudes.begin(), wanted, magnitudes.end());
  return *wanted;
}

Bracket sample_bracket(std::span<const ScoreSegment> segments, const FreeRank& rank) {
  std::size_t count = 0;
  for (const ScoreSegment& segment : segments) count += segment.count;
  if (count <= few) return {0, std::bit_cast<float>(most)};
  const double share = static_cast<double>(sample_size(count)) / static_cast<double>(count);
  std::vector<std::uint32_t> sample;
  for (const ScoreSegment& segment : segments) {
    const auto size = static_cast<std::size_t>(std::ceil(share * static_cast<double>(segment.count)));
    visit_sample(segment.count, size, [&](std::size_t at) {
      if (is_free(segment, at)) sample.push_back(magnitude_bits(segment.scores[at]));
    });
  }
  return quantile_bracket(sample, static_cast<double>(rank.place) / static_cast<double>(rank.free));
}

float select_by_histogram(std::span<const ScoreSegment> segments, std::size_t rank) {
  std::vector<std::uint32_t> histogram(bins);
  for (const ScoreSegment& segment : segments)
    for (std::size_t at = 0; at < segment.count; ++at)
      histogram[magnitude_bits(segment.scores[at]) >> drop_bits] += is_free(segment, at);
  std::uint32_t bin = 0;
  for (; rank >= histogram[bin]; ++bin) rank -= histogram[bin];
  const std::size_t size = histogram[bin];
  std::vector<std::uint32_t> candidates(size + 1);
  std::size_t count = 0;
  for (const ScoreSegment& segment : segments)
    for (std::size_t at = 0; at < segment.count && count < size; ++at) {
      // Written always, kept where it belongs to the bin: no branch to mispredict.
      candidates[count] = magnitude_bits(segment.scores[at]);
      count += is_free(segment, at) & static_cast<std::uint32_t>(candidates[count] >> drop_bits == bin);
    }
  const auto wanted = candidates.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(candidates.begin(), wanted, candidates.end() - 1);
  return std::bit_cast<float>(*wanted);
}

std::vector<float> select_thresholds(std::span<const ScoreSegment> segments, std::span<const double> pruned) {
  std::vector<float> thresholds;
  for (double q : pruned) {
    const FreeRank rank = free_rank(q, segments);
    float threshold = rank.fixed_threshold();
    if (!rank.fixed() && !select_within(segments, rank, sample_bracket(segments, rank), threshold))
      threshold = select_by_histogram(segments, static_cast<std::size_t>(rank.place));
    thresholds.push_back(threshold);
  }
  return thresholds;
}

std::vector<float> select_thresholds(std::span<const float> scores, std::span<const double> pruned) {
  const ScoreSegment all{scores.data(), nullptr, scores.size()};
  return select_thresholds(std::span(&all, 1), pruned);
}

}  // namespace wd::algo
