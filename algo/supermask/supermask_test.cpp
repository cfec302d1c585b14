// SPDX-License-Identifier: Apache-2.0
#include "algo/supermask/supermask.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "algo/data/counter_random.hpp"
#include "algo/supermask/threshold.hpp"
#include "hw/stream/sign_generator.hpp"

using namespace wd::algo;

namespace {

std::vector<float> random_scores(std::size_t count, int kind) {
  std::vector<float> scores(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double x = random_normal(7, RandomStream::scores, i);
    if (kind == 0) scores[i] = static_cast<float>(0.05 * x);
    if (kind == 1) scores[i] = static_cast<float>(std::exp(6 * x) * (x < 0 ? -1 : 1));  // many octaves
    if (kind == 2) scores[i] = static_cast<float>(std::floor(3 * x));                   // many ties
    if (kind == 3) scores[i] = 0;
  }
  return scores;
}

}  // namespace

TEST_CASE("thresholds: exact order statistics", "[algo][oracle]") {
  const auto count = GENERATE(std::size_t{1}, 2, 17, 1000, 40000);
  const int kind = GENERATE(0, 1, 2, 3);
  const std::vector<float> scores = random_scores(count, kind);
  const std::vector<double> pruned{0.0, 0.3, 0.7, 0.9212, 0.9685, 0.9999};
  const std::vector<float> found = select_thresholds(scores, pruned);
  for (std::size_t n = 0; n < pruned.size(); ++n) {
    std::vector<float> sorted;
    for (float s : scores) sorted.push_back(std::abs(s));
    const auto rank = static_cast<std::ptrdiff_t>(std::floor(pruned[n] * static_cast<double>(count)));
    std::nth_element(sorted.begin(), sorted.begin() + rank, sorted.end());
    CHECK(found[n] == sorted[static_cast<std::size_t>(rank)]);
  }
}

TEST_CASE("supermask: coats nest, keep exactly their share, and carry the generator's signs", "[algo]") {
  const ConvShape shape{4, 4, 16, 32, 3, 1, 1};
  const Supermask mask("layer", shape, {}, 11, 2, true);
  const std::vector<std::uint8_t> levels = mask.levels();
  const CoatConfig defaults;
  for (std::size_t n = 0; n < 3; ++n) {
    const auto kept = std::count_if(levels.begin(), levels.end(), [&](std::uint8_t l) { return l > n; });
    CHECK(static_cast<std::size_t>(kept) ==
          levels.size() -
              static_cast<std::size_t>(std::floor(defaults.pruned[n] * static_cast<double>(levels.size()))));
  }
  for (std::size_t at = 0; at < mask.count(); ++at) {
    // A weight of level n reaches the thresholds of its own and all lower coats.
    const auto level = static_cast<std::size_t>(std::abs(mask.weights()[at]));
    for (std::size_t n = 0; n < 3; ++n)
      REQUIRE((std::abs(mask.scores[at]) >= mask.thresholds()[n]) == (n < level));
  }
  const wd::stream::SignGenerator signs(mask.sign_seed());
  std::size_t wrong = 0;
  for (std::size_t o = 0; o < 32; ++o)
    for (std::size_t tap = 0; tap < 9; ++tap)
      for (std::size_t i = 0; i < 16; ++i) {
        const std::size_t flat = (o * 9 + tap) * 16 + i;
        const float expected = (signs.negative(flat) ? -1.0f : 1.0f) * levels[flat];
        wrong += mask.weights()[(tap * 16 + i) * 32 + o] != expected;
      }
  CHECK(wrong == 0);
}

TEST_CASE("supermask: an update follows the straight-through gradient with momentum", "[algo]") {
  const ConvShape shape{1, 1, 16, 16, 1, 1, 0};
  Supermask mask("layer", shape, {}, 1, 0, true);
  const std::vector<float> before(mask.scores.begin(), mask.scores.end());
  for (std::size_t i = 0; i < mask.count(); ++i) mask.gradient[i] = static_cast<float>(i % 7) - 3;
  mask.update({0.1, 0.9, 0.01});
  mask.update({0.1, 0.9, 0.01});
  for (std::size_t i = 0; i < mask.count(); ++i) {
    double s = before[i], v = 0;
    for (int step = 0; step < 2; ++step) {
      v = 0.9 * v + 3.0 * mask.gradient[i] * mask.signs()[i] * (s < 0 ? -1 : 1) + 0.01 * s;
      s -= 0.1 * v;
    }
    REQUIRE(mask.scores[i] == Approx(s).margin(1e-5));
  }
}
