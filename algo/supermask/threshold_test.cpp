// SPDX-License-Identifier: Apache-2.0
#include "algo/supermask/threshold.hpp"

#include <algorithm>
#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "algo/data/counter_random.hpp"
#include "algo/supermask/threshold_search.hpp"
#include "algo/supermask/weight_flags.hpp"

using namespace wd::algo;

namespace {

enum class Kind { normal, many_octaves, many_ties, all_zero, ordered, two_scales };

std::vector<float> random_scores(std::size_t count, Kind kind, std::uint64_t seed = 7) {
  std::vector<float> scores(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double x = random_normal(seed, RandomStream::scores, i);
    if (kind == Kind::normal) scores[i] = static_cast<float>(0.05 * x);
    if (kind == Kind::many_octaves) scores[i] = static_cast<float>(std::exp(6 * x) * (x < 0 ? -1 : 1));
    if (kind == Kind::many_ties) scores[i] = static_cast<float>(std::floor(3 * x));
    if (kind == Kind::ordered) scores[i] = static_cast<float>(i) * (i % 2 == 0 ? -1.0f : 1.0f);
    if (kind == Kind::two_scales) scores[i] = static_cast<float>((i % 64 < 32 ? 1 : 1e-4) * x);
  }
  return scores;
}

/// The definition: all magnitudes sorted, frozen ones at the ends.
float sorted_threshold(const std::vector<float>& scores, const std::vector<std::uint8_t>& flags,
                       double pruned) {
  std::vector<float> sorted;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const bool low = !flags.empty() && (flags[i] & flag_pruned) != 0;
    const bool high = !flags.empty() && (flags[i] & flag_locked) != 0;
    sorted.push_back(low ? -1.0f : high ? std::numeric_limits<float>::infinity() : std::abs(scores[i]));
  }
  std::sort(sorted.begin(), sorted.end());
  return std::max(sorted[static_cast<std::size_t>(std::floor(pruned * static_cast<double>(scores.size())))],
                  0.0f);
}

std::vector<std::uint8_t> random_flags(std::size_t count, double pruned, double locked) {
  std::vector<std::uint8_t> flags(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double u = random_uniform(3, RandomStream::signs, i);
    flags[i] = u < pruned ? flag_pruned : u < pruned + locked ? flag_locked : std::uint8_t{0};
    if (i % 3 == 0) flags[i] |= flag_negative;
  }
  return flags;
}

ScoreSegment segment_of(const float* scores, const std::uint8_t* flags, std::size_t count) {
  ScoreSegment segment{scores, flags, count};
  for (std::size_t i = 0; i < count; ++i) {
    segment.pruned += (flags[i] & flag_pruned) != 0;
    segment.locked += (flags[i] & flag_locked) != 0;
  }
  return segment;
}

const std::vector<double> fractions{0.0, 0.3, 0.7, 0.9212, 0.9685, 0.9999};

}  // namespace

TEST_CASE("thresholds: exact order statistics", "[algo][oracle]") {
  const auto count = GENERATE(std::size_t{1}, 2, 17, 1000, 4097, 40000);
  const auto kind = GENERATE(Kind::normal, Kind::many_octaves, Kind::many_ties, Kind::all_zero, Kind::ordered,
                             Kind::two_scales);
  const std::vector<float> scores = random_scores(count, kind);
  const std::vector<float> found = select_thresholds(scores, fractions);
  for (std::size_t n = 0; n < fractions.size(); ++n)
    CHECK(found[n] == sorted_threshold(scores, {}, fractions[n]));
}

TEST_CASE("thresholds: several segments with frozen weights rank as one", "[algo][oracle]") {
  const auto [pruned, locked] = GENERATE(std::pair{0.25, 0.0}, std::pair{0.25, 0.02}, std::pair{0.0, 0.25},
                                         std::pair{0.7, 0.3}, std::pair{0.5, 0.4});
  const std::size_t count = 20000;
  const std::vector<float> scores = random_scores(count, Kind::two_scales);
  const std::vector<std::uint8_t> flags = random_flags(count, pruned, locked);
  const std::vector<ScoreSegment> segments{segment_of(scores.data(), flags.data(), 5),
                                           segment_of(scores.data() + 5, flags.data() + 5, 12000),
                                           segment_of(scores.data() + 12005, flags.data() + 12005, 7995)};
  const std::vector<float> found = select_thresholds(segments, fractions);
  const float least = *std::min_element(found.begin(), found.end());
  CHECK(least >= 0);
  for (std::size_t n = 0; n < fractions.size(); ++n) {
    INFO("pruned fraction " << fractions[n] << ", frozen " << pruned << " and " << locked);
    CHECK(found[n] == sorted_threshold(scores, flags, fractions[n]));
  }
}

TEST_CASE("thresholds: the histogram finds what the sample finds", "[algo][oracle]") {
  const auto kind = GENERATE(Kind::normal, Kind::many_octaves, Kind::many_ties, Kind::all_zero);
  const std::vector<float> scores = random_scores(10000, kind);
  const ScoreSegment all{scores.data(), nullptr, scores.size()};
  for (const std::size_t rank : {0u, 1u, 5000u, 9999u}) {
    std::vector<std::uint32_t> magnitudes;
    for (float s : scores) magnitudes.push_back(std::bit_cast<std::uint32_t>(std::abs(s)));
    CHECK(select_by_histogram(std::span(&all, 1), rank) ==
          std::bit_cast<float>(select_magnitude(magnitudes, rank)));
  }
}

TEST_CASE("thresholds: a NaN score is largest, and ends nothing", "[algo]") {
  std::vector<float> scores = random_scores(20000, Kind::normal);
  for (std::size_t i = 0; i < 100; ++i) scores[i * 150] = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> found = select_thresholds(scores, std::vector<double>{0.7, 0.999});
  std::vector<float> finite;
  for (float s : scores)
    if (!std::isnan(s)) finite.push_back(std::abs(s));
  std::sort(finite.begin(), finite.end());
  CHECK(found[0] == finite[14000]);
  CHECK(std::isnan(found[1]));
}

TEST_CASE("threshold search: follows moving scores exactly, in any parts", "[algo][oracle]") {
  const std::vector<double> pruned{0.5, 0.7, 0.97};
  const std::size_t count = 30000, parts = 3;
  std::vector<float> scores = random_scores(count, Kind::normal);
  const std::vector<std::uint8_t> flags = random_flags(count, 0.2, 0.01);
  ThresholdSearch search(parts, pruned.size());
  int misses = 0;
  for (int step = 0; step < 12; ++step) {
    const ScoreSegment all = segment_of(scores.data(), flags.data(), count);
    search.expect(std::span(&all, 1), pruned);
    // Small steps, then sudden ones: all scores equal, far larger, halved.
    for (std::size_t i = 0; i < count; ++i) {
      scores[i] += static_cast<float>(1e-4 * random_normal(9, RandomStream::scores, i + 100000 * step));
      if (step == 5) scores[i] = 0.25f;
      if (step == 6) scores[i] = static_cast<float>(random_normal(5, RandomStream::scores, i));
      if (step == 7) scores[i] *= 1000;
      if (step == 10) scores[i] = std::floor(scores[i]);
    }
    const auto gather = [&](std::size_t part) {
      const std::size_t begin = part * count / parts, end = (part + 1) * count / parts,
                        middle = (begin + end) / 2;
      search.gather(part, middle - begin, scores.data() + begin, flags.data() + begin);
      search.gather(part, end - middle, scores.data() + middle, flags.data() + middle);
    };
    for (const std::size_t part : {2u, 0u, 1u}) gather(part);
    if (!search.finish()) {
      ++misses;
      search.retry(std::span(&all, 1));
      for (std::size_t part = 0; part < parts; ++part) gather(part);
      if (!search.finish()) search.finish_by_histogram(std::span(&all, 1));
    }
    INFO("step " << step);
    for (std::size_t n = 0; n < pruned.size(); ++n)
      CHECK(search.thresholds()[n] == sorted_threshold(scores, flags, pruned[n]));
  }
  CHECK(misses >= 3);  // the sudden steps must have been noticed
  CHECK(misses <= 6);
}
