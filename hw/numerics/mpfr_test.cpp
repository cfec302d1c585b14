// SPDX-License-Identifier: Apache-2.0
// FP16 and FP8 against GNU MPFR: every value where an operation has one operand, directed pairs and random operands elsewhere.
// Catch2 sees differences only, for speed.
#include <bit>
#include <catch2/catch.hpp>
#include <cmath>

#include "hw/numerics/mpfr_reference.hpp"
#include "hw/numerics/post.hpp"

using namespace wd;

namespace {

#define SAME(ours, theirs, ...)                               \
  do {                                                        \
    const auto ours_bits = (ours), theirs_bits = (theirs);    \
    if (ours_bits != theirs_bits) {                           \
      CAPTURE(__VA_ARGS__, int{ours_bits}, int{theirs_bits}); \
      REQUIRE(ours_bits == theirs_bits);                      \
    }                                                         \
  } while (false)

/// Every `step`-th directed pair (step 1: all of them) as sum, as product and with a third directed operand.
void directed_pairs(std::size_t step) {
  mpfr::Half half;
  const std::vector<std::uint16_t> halves = mpfr::directed_halves();
  std::size_t third = 0;
  for (std::size_t pair = 0; pair < halves.size() * halves.size(); pair += step) {
    const std::uint16_t a = halves[pair / halves.size()], b = halves[pair % halves.size()];
    const std::uint16_t c = halves[third = (third + 577) % halves.size()];
    SAME(numerics::fp16_fma(a, 0x3c00, b), half.fma(a, 0x3c00, b), a, b);
    SAME(numerics::fp16_fma(a, b, 0x8000), half.fma(a, b, 0x8000), a, b);
    SAME(numerics::fp16_fma(a, b, c), half.fma(a, b, c), a, b, c);
  }
}

void random_operands(std::uint64_t seed, int count) {
  mpfr::RandomOperands is(seed);
  for (int i = 0; i < count; ++i) {
    is.draw();
    SAME(numerics::fp16_fma(is.a, is.b, is.c), is.fma(), is.a, is.b, is.c);
    SAME(numerics::post_residual(is.y, is.code, is.shift), is.added(), is.y, int{is.code}, is.shift);
    SAME(numerics::post_scale(is.acc, is.acc_shift), is.scaled(), is.acc, is.acc_shift);
  }
}

/// FP32 bits from `first` on, each `step`-th below `end`, to FP16 and FP8.
void floats(std::uint64_t first, std::uint64_t end, std::uint64_t step) {
  mpfr::Half half;
  mpfr::Fp8 fp8;
  for (std::uint64_t bits = first; bits < end; bits += step) {
    const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    SAME(numerics::fp16_from_float(value), half.round(double{value}), bits);
    SAME(numerics::fp8_from_float(value), fp8.round(double{value}), bits);
  }
}

}  // namespace

TEST_CASE("mpfr: every FP16 and FP8 has the standards' value, every FP16 becomes the FP8",
          "[numerics][oracle]") {
  mpfr::Fp8 fp8;
  for (unsigned bits = 0; bits < 0x10000; ++bits) {
    const auto z = static_cast<std::uint16_t>(bits);
    const double value = mpfr::half_value(z), ours = numerics::fp16_to_float(z);
    if (std::isnan(value) ? !std::isnan(ours)
                          : std::bit_cast<std::uint64_t>(value) != std::bit_cast<std::uint64_t>(ours)) {
      CAPTURE(bits, value, ours);
      FAIL("fp16_to_float");
    }
    const numerics::Fp8Result narrow = numerics::fp8_from_fp16(z);
    SAME(narrow.code, fp8.round(value), bits);
    if (narrow.saturated != (std::fabs(value) >= 464)) {  // docs/numerics.md: the midpoint counts
      CAPTURE(bits);
      FAIL("saturated");
    }
  }
  for (int code = 0; code < 256; ++code) {
    const double value = mpfr::fp8_value(static_cast<std::uint8_t>(code));
    const float ours = numerics::fp8_to_float(static_cast<std::uint8_t>(code));
    CAPTURE(code);
    if (std::isnan(value))
      CHECK(std::isnan(ours));
    else
      CHECK(double{ours} == value);
  }
}

TEST_CASE("mpfr: sums, products and fma of directed halves", "[numerics][oracle]") {
  directed_pairs(41);
}  // prime to the list's length

TEST_CASE("mpfr: random operands", "[numerics][oracle]") { random_operands(1, 200'000); }

TEST_CASE("mpfr: FP32 to FP16 and FP8, each exponent and around each step of both", "[numerics][oracle]") {
  floats(0, std::uint64_t{1} << 32, 40'503);
  for (std::uint64_t sign : {0ull, 0x80000000ull})
    for (std::uint64_t step = 0x32800000; step <= 0x47900000;
         step += 0x1000)  // 2^-26 to beyond 65504: midpoints are multiples
      floats(sign + step - 1, sign + step + 2, 1);
}

// On demand: study.numerics_mpfr
TEST_CASE("mpfr study: all directed pairs, 16 million operations", "[.study]") { directed_pairs(1); }

TEST_CASE("mpfr study: fifty million random operands", "[.study]") {
  for (std::uint64_t seed = 2; seed < 52; ++seed) random_operands(seed, 1'000'000);
}

TEST_CASE("mpfr study: every FP32 that is no whole binade away from the formats", "[.study]") {
  for (std::uint64_t sign : {0ull, 0x80000000ull}) {
    floats(sign, sign + 0x32000000, 4'099);
    floats(sign + 0x32000000, sign + 0x48000000, 1);  // 2^-27 to 2^17
    floats(sign + 0x48000000, sign + 0x80000000, 4'099);
  }
}
