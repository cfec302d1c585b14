// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/stream/freeze_generator.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <vector>

#include "base/error.hpp"

using namespace wd::stream;

namespace {

constexpr std::size_t count = 1 << 20;
constexpr std::uint32_t quarter = freeze_one / 4, fifth = freeze_one / 5;

/// How far a count of `n` independent events of probability p is from its mean, in deviations. The bound of 6
/// fails by chance less often than once in a million runs even for hundreds of checks; the tests are
/// deterministic.
double deviations(double found, double n, double p) {
  return std::abs(found - n * p) / std::sqrt(n * p * (1 - p));
}
constexpr double bound = 6;

double agreements(const std::vector<std::uint8_t>& a, const std::vector<std::uint8_t>& b,
                  std::size_t lag = 0) {
  double same = 0;
  for (std::size_t i = 0; i < a.size(); ++i) same += a[i] == b[(i + lag) % b.size()];
  return same;
}

/// The chance that two independent weights have the same state.
double chance(double pruned, double locked) {
  const double free = 1 - pruned - locked;
  return pruned * pruned + locked * locked + free * free;
}

}  // namespace

TEST_CASE("freeze generator: the definition, from the published cipher", "[stream][oracle]") {
  // Speck32/64's test vector (key 1918 1110 0908 0100, text 6574 694c -> a868 42f2); the key is the seed
  // changed by the constant that spells "freeze!1".
  const std::uint64_t seed = 0x1918'1110'0908'0100ull ^ 0x6672'6565'7a65'2131ull;
  const FreezeGenerator generator(seed, quarter, quarter);
  CHECK(generator.bits_of(2 * 0x6574'694cull) == 0x42f2);
  CHECK(generator.bits_of(2 * 0x6574'694cull + 1) == 0xa868);
  CHECK(generator.state(2 * 0x6574'694cull) == FreezeState::locked);    // 0x4000 <= 0x42f2 < 0x8000
  CHECK(generator.state(2 * 0x6574'694cull + 1) == FreezeState::free);  // 0xa868 >= 0x8000
  const std::vector<std::uint8_t> pattern = generator.pattern(300);
  for (std::size_t i = 0; i < pattern.size(); ++i)
    CHECK(pattern[i] == static_cast<std::uint8_t>(generator.state(i)));
}

TEST_CASE("freeze generator: the extremes freeze nothing or everything", "[stream]") {
  for (std::size_t i = 0; i < 100000; ++i) {
    REQUIRE(FreezeGenerator(3, 0, 0).state(i) == FreezeState::free);
    REQUIRE(FreezeGenerator(3, freeze_one, 0).state(i) == FreezeState::pruned);
    REQUIRE(FreezeGenerator(3, 0, freeze_one).state(i) == FreezeState::locked);
    REQUIRE(FreezeGenerator(3, freeze_one / 2, freeze_one / 2).state(i) != FreezeState::free);
  }
}

TEST_CASE("freeze generator: fractions are met", "[stream][statistics]") {
  for (const auto& [pruned, locked] :
       {std::pair{quarter, quarter}, {fifth, 1u}, {45000u, 20000u}, {0u, fifth}})
    for (const std::uint64_t seed : {0ull, 1ull, 1234567ull, ~0ull}) {
      INFO("seed " << seed << ", fractions " << pruned << " and " << locked);
      std::array<double, 3> found{};
      for (const std::uint8_t state : FreezeGenerator(seed, pruned, locked).pattern(count)) ++found[state];
      const double n = count;
      if (pruned > 0) CHECK(deviations(found[1], n, pruned / 65536.0) < bound);
      if (locked > 1) CHECK(deviations(found[2], n, locked / 65536.0) < bound);
      CHECK(deviations(found[0], n, 1 - (pruned + locked) / 65536.0) < bound);
    }
}

TEST_CASE("freeze generator: the bits behind it are uniform (chi-square)", "[stream][statistics]") {
  for (const std::uint64_t seed : {0ull, 7ull, 1ull << 40}) {
    INFO("seed " << seed);
    const FreezeGenerator generator(seed, quarter, quarter);
    std::vector<double> high(256), low(256), pairs(256);
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t bits = generator.bits_of(i);
      ++high[bits >> 8];
      ++low[bits & 0xff];
      ++pairs[(bits >> 12) << 4 | generator.bits_of(i + 1) >> 12];  // neighbours together
    }
    // 255 degrees of freedom: mean 255, deviation sqrt(510) = 22.6.
    for (const std::vector<double>* bins : {&high, &low, &pairs}) {
      const double mean = static_cast<double>(count) / 256;
      double chi_square = 0;
      for (const double bin : *bins) chi_square += (bin - mean) * (bin - mean) / mean;
      CHECK(std::abs(chi_square - 255) < bound * std::sqrt(510.0));
    }
  }
}

TEST_CASE("freeze generator: weights, filters and layers do not correlate", "[stream][statistics]") {
  const double p = chance(0.25, 0.25), n = count;
  const std::vector<std::uint8_t> layer = FreezeGenerator(42, quarter, quarter).pattern(count);
  // Neighbours, and distances of output channels of usual layers.
  for (const std::size_t lag : {1u, 2u, 3u, 16u, 32u, 64u, 144u, 288u, 576u, 1152u, 2304u, 4608u, 65536u}) {
    INFO("lag " << lag);
    CHECK(deviations(agreements(layer, layer, lag), n, p) < bound);
  }
  for (int bit = 0; bit < 64; bit += 3) {
    INFO("seed bit " << bit);
    const auto other = FreezeGenerator(42 ^ std::uint64_t{1} << bit, quarter, quarter).pattern(count);
    CHECK(deviations(agreements(layer, other), n, p) < bound);
  }
}

TEST_CASE("freeze generator: signs of the same seed are independent of it", "[stream][statistics]") {
  const SignGenerator signs(42);
  const std::vector<std::uint8_t> layer = FreezeGenerator(42, quarter, quarter).pattern(count);
  std::array<double, 3> negative{}, all{};
  for (std::size_t i = 0; i < count; ++i) {
    ++all[layer[i]];
    negative[layer[i]] += signs.negative(i);
  }
  for (std::size_t state = 0; state < 3; ++state) CHECK(deviations(negative[state], all[state], 0.5) < bound);
}

TEST_CASE("freeze generator: fractions beyond one are refused", "[stream][message]") {
  CHECK(freeze_fraction(0) == 0);
  CHECK(freeze_fraction(0.25) == quarter);
  CHECK(freeze_fraction(1) == freeze_one);
  CHECK_THROWS_WITH(freeze_fraction(1.5), "freezing: the fraction is 1.5, must be 0 to 1");
  CHECK_THROWS_WITH(freeze_fraction(std::nan("")), Catch::Contains("must be 0 to 1"));
  CHECK_THROWS_WITH(
      FreezeGenerator(1, 40000, 30000),
      "freezing: pruned and locked are 40000 and 30000 of 65536, their sum must be at most 65536");
  CHECK_THROWS_WITH(FreezeGenerator(1, 0xffffffffu, 2), Catch::Contains("their sum must be at most 65536"));
}
