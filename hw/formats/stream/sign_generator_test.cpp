// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/stream/sign_generator.hpp"

#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <vector>

using wd::stream::SignGenerator;

namespace {

constexpr std::uint32_t words = 1 << 15;  // 2^20 signs
constexpr double bits = 32.0 * words;
// Agreements of fair bits have a deviation of sqrt(n) / 2. With 6 of them even the hundreds of
// comparisons here fail by chance less often than once in a million runs; the test is deterministic.
const double bound = 6 * std::sqrt(bits) / 2;

std::vector<std::uint32_t> signs(std::uint64_t seed) {
  const SignGenerator generator(seed);
  std::vector<std::uint32_t> result(words);
  for (std::uint32_t i = 0; i < words; ++i) result[i] = generator.signs(i);
  return result;
}

/// How far the number of equal bits is from one half of all, in bits.
double excess(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b) {
  double differ = 0;
  for (std::uint32_t i = 0; i < words; ++i) differ += std::popcount(a[i] ^ b[i]);
  return std::abs(differ - bits / 2);
}

/// The same signs, `lag` weights further (around the end).
std::vector<std::uint32_t> shifted(const std::vector<std::uint32_t>& a, std::uint32_t lag) {
  std::vector<std::uint32_t> result(words);
  for (std::uint32_t i = 0; i < words; ++i) {
    const std::uint64_t pair = std::uint64_t{a[(i + lag / 32 + 1) % words]} << 32 | a[(i + lag / 32) % words];
    result[i] = static_cast<std::uint32_t>(pair >> lag % 32);
  }
  return result;
}

}  // namespace

TEST_CASE("sign generator: gives the published Speck32/64 test vector", "[stream][oracle]") {
  STATIC_REQUIRE(SignGenerator(0x1918'1110'0908'0100).signs(0x6574'694c) == 0xa868'42f2);
}

TEST_CASE("sign generator: negative() is the bit of the weight", "[stream][oracle]") {
  const SignGenerator generator(5);
  for (std::uint32_t weight = 0; weight < 200; ++weight)
    CHECK(generator.negative(weight) == ((generator.signs(weight / 32) >> weight % 32 & 1) != 0));
}

TEST_CASE("sign generator: both signs are equally frequent", "[stream][statistics]") {
  const std::vector<std::uint32_t> none(words, 0);
  for (const std::uint64_t seed : {0ull, 1ull, 2ull, 1234567ull, ~0ull}) {
    INFO("seed " << seed);
    const std::vector<std::uint32_t> layer = signs(seed);
    CHECK(excess(layer, none) < bound);
    for (int bit = 0; bit < 32; ++bit) {
      double ones = 0;
      for (const std::uint32_t word : layer) ones += word >> bit & 1;
      INFO("bit " << bit);
      CHECK(std::abs(ones - words / 2.0) < 6 * std::sqrt(double{words}) / 2);
    }
  }
}

TEST_CASE("sign generator: weights of a layer do not correlate", "[stream][statistics]") {
  const std::vector<std::uint32_t> layer = signs(42);
  for (std::uint32_t lag = 1; lag <= 128; ++lag) {
    INFO("lag " << lag);
    CHECK(excess(layer, shifted(layer, lag)) < bound);
  }
  // Distances of output channels of usual layers.
  for (const std::uint32_t lag : {144u, 288u, 576u, 1152u, 2304u, 4608u, 65536u}) {
    INFO("lag " << lag);
    CHECK(excess(layer, shifted(layer, lag)) < bound);
  }
}

TEST_CASE("sign generator: layers do not correlate, even with neighbouring seeds", "[stream][statistics]") {
  const std::vector<std::uint32_t> layer = signs(42);
  for (int bit = 0; bit < 64; ++bit) {
    INFO("seed bit " << bit);
    CHECK(excess(layer, signs(42 ^ std::uint64_t{1} << bit)) < bound);
  }
  for (std::uint64_t seed = 43; seed < 60; ++seed) {
    INFO("seed " << seed);
    CHECK(excess(layer, signs(seed)) < bound);
  }
}
