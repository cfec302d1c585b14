// SPDX-License-Identifier: Apache-2.0
#include "algo/supermask/score_kernels.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "algo/data/counter_random.hpp"
#include "algo/supermask/weight_flags.hpp"

using namespace wd::algo;

namespace {

struct Sample {
  std::vector<float> dweight, scores, normals;
  std::vector<std::uint8_t> flags;

  explicit Sample(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      dweight.push_back(static_cast<float>(random_normal(1, RandomStream::scores, i)));
      scores.push_back(static_cast<float>(random_normal(2, RandomStream::scores, i)));
      normals.push_back(static_cast<float>(random_normal(3, RandomStream::scores, i)));
      const std::uint64_t bits = random_bits(4, RandomStream::signs, i);
      flags.push_back(static_cast<std::uint8_t>((bits & 1 ? flag_negative : 0) | (bits >> 1) % 3));
    }
    scores[0] = 0.0f;
    if (count > 1) scores[1] = -0.0f;
    if (count > 2) scores[2] = 0.5f;  // exactly a threshold
  }
};

double sign(float x) { return std::signbit(x) ? -1 : 1; }
double random_sign(std::uint8_t flag) { return flag & flag_negative ? -1 : 1; }

const ScoreKernels* kernels_or_null(int set) {
  return score_kernels_for(static_cast<ScoreInstructions>(set));
}

}  // namespace

TEST_CASE("score kernels: straight-through gradients", "[algo][oracle]") {
  const auto count = GENERATE(std::size_t{1}, 15, 16, 33, 1000);
  const int set = GENERATE(0, 1, 2);
  const ScoreKernels* kernels = kernels_or_null(set);
  if (kernels == nullptr) return;
  const Sample sample(count);
  std::vector<float> gradient(count);
  const auto run = [&](const MaskRule& rule) {
    kernels->gradient(count, rule, 3, sample.dweight.data(), sample.scores.data(), gradient.data());
  };
  run({sample.flags.data(), nullptr, false, true});
  for (std::size_t i = 0; i < count; ++i)
    REQUIRE(gradient[i] == 3 * sample.dweight[i] * random_sign(sample.flags[i]) * sign(sample.scores[i]));
  run({sample.flags.data(), nullptr, true, true});
  for (std::size_t i = 0; i < count; ++i) REQUIRE(gradient[i] == 3 * sample.dweight[i]);
  run({sample.flags.data(), sample.normals.data(), false, true});
  for (std::size_t i = 0; i < count; ++i)
    REQUIRE(gradient[i] == Approx(3.0 * sample.dweight[i] * sample.normals[i] * sign(sample.scores[i])));
}

TEST_CASE("score kernels: levels and signs of weights", "[algo][oracle]") {
  const auto count = GENERATE(std::size_t{1}, 15, 16, 33, 1000);
  const auto coats = GENERATE(std::size_t{1}, 2, 3, 4, 5, 6, 7);
  const int set = GENERATE(0, 1, 2);
  const bool learned = GENERATE(false, true), frozen = GENERATE(false, true), normal = GENERATE(false, true);
  const ScoreKernels* kernels = kernels_or_null(set);
  if (kernels == nullptr || (learned && normal)) return;
  const Sample sample(count);
  const std::vector<float> thresholds{
      0.25f, 0.5f, 0.75f, 1.0f, 1.25f, 1.5f, std::numeric_limits<float>::infinity()};
  const MaskRule rule{sample.flags.data(), normal ? sample.normals.data() : nullptr, learned, frozen};
  std::vector<float> weights(count, -99.0f);
  const std::size_t kept =
      kernels->apply(count, rule, coats, thresholds.data(), sample.scores.data(), weights.data());
  std::size_t expected_kept = 0;
  for (std::size_t i = 0; i < count; ++i) {
    double level = 0;
    for (std::size_t n = 0; n < coats; ++n) level += std::abs(sample.scores[i]) >= thresholds[n];
    if (frozen && (sample.flags[i] & flag_pruned) != 0) level = 0;
    if (frozen && (sample.flags[i] & flag_locked) != 0) level = static_cast<double>(coats);
    expected_kept += level > 0;
    const double unit = normal    ? static_cast<double>(sample.normals[i])
                        : learned ? sign(sample.scores[i])
                                  : random_sign(sample.flags[i]);
    REQUIRE(weights[i] == static_cast<float>(level * unit));
  }
  CHECK(kept == expected_kept);
}

TEST_CASE("score kernels: gather counts and collects", "[algo][oracle]") {
  const auto count = GENERATE(std::size_t{1}, 15, 16, 33, 1000);
  const int set = GENERATE(0, 1, 2);
  const bool frozen = GENERATE(false, true);
  const ScoreKernels* kernels = kernels_or_null(set);
  if (kernels == nullptr) return;
  const Sample sample(count);
  const Bracket bracket{0.5f, 0.8f};
  std::vector<std::uint32_t> values(count + 16), expected;
  Gathered found{10, 0, values.data(), values.size()};
  kernels->gather(count, sample.scores.data(), frozen ? sample.flags.data() : nullptr, bracket, found);
  std::size_t below = 10;
  for (std::size_t i = 0; i < count; ++i) {
    if (frozen && (sample.flags[i] & flag_frozen) != 0) continue;
    const float magnitude = std::abs(sample.scores[i]);
    below += magnitude < bracket.low;
    if (magnitude >= bracket.low && magnitude <= bracket.high)
      expected.push_back(__builtin_bit_cast(std::uint32_t, magnitude));
  }
  CHECK(found.below == below);
  values.resize(found.inside);
  CHECK(values == expected);
}

TEST_CASE("score kernels: gather says when its room is full", "[algo]") {
  const int set = GENERATE(0, 1, 2);
  const ScoreKernels* kernels = kernels_or_null(set);
  if (kernels == nullptr) return;
  const std::vector<float> scores(200, 1.0f);
  std::vector<std::uint32_t> values(100 + 16, 7);
  Gathered found{0, 0, values.data(), 100};
  kernels->gather(scores.size(), scores.data(), nullptr, {0.5f, 2.0f}, found);
  CHECK(found.inside == 100);
  for (std::size_t i = 100; i < values.size(); ++i) CHECK(values[i] == 7);
}
