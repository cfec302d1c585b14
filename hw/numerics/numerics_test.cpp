// SPDX-License-Identifier: Apache-2.0
// Oracles: the OCP FP8 definition evaluated in double, the host's _Float16, and exact integers.
#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "hw/numerics/post.hpp"

using namespace wd::numerics;

namespace {

/// The value of an E4M3 code by the standard's formulas.
double fp8_value(int code) {
  const double sign = code & 0x80 ? -1 : 1;
  const int e = code >> 3 & 15, m = code & 7;
  if (e == 15 && m == 7) return std::nan("");
  return e == 0 ? sign * std::pow(2.0, -6) * (m / 8.0) : sign * std::pow(2.0, e - 7) * (1 + m / 8.0);
}

/// The nearest code by search: ties to the even code, saturating; zero is +0.
int nearest_fp8(double value) {
  if (std::isnan(value)) return 0x7f;
  const double magnitude = std::min(std::fabs(value), 448.0);
  int best = 0;
  for (int code = 1; code <= 0x7e; ++code) {
    const double distance = std::fabs(fp8_value(code) - magnitude),
                 least = std::fabs(fp8_value(best) - magnitude);
    if (distance < least || (distance == least && code % 2 == 0)) best = code;
  }
  return best == 0 ? 0 : best | (std::signbit(value) ? 0x80 : 0);
}

__extension__ typedef _Float16 Half;
double half_value(Fp16 x) { return static_cast<double>(std::bit_cast<Half>(x)); }

/// Rounds an exact value n * 2^-48 to FP16 by searching the sorted list of halves.
Fp16 nearest_half(Int128 n) {
  const bool negative = n < 0;
  const Uint128 magnitude = static_cast<Uint128>(negative ? -n : n);
  const auto units = [](int code) {  // 2^-48 units of a finite positive code, or of 2^16 at 0x7c00
    const int e = code >> 10, m = code & 0x3ff;
    return e == 0 ? static_cast<Uint128>(m) << 24 : static_cast<Uint128>(m | 0x400) << (24 + e - 1);
  };
  int low = 0, high = 0x7c00;
  while (high - low > 1) {
    const int middle = (low + high) / 2;
    (units(middle) <= magnitude ? low : high) = middle;
  }
  if (magnitude >= units(high)) return static_cast<Fp16>((negative ? 0x8000 : 0) | high);
  const Uint128 below = magnitude - units(low), above = units(high) - magnitude;
  const int code = below < above || (below == above && low % 2 == 0) ? low : high;
  return static_cast<Fp16>((negative ? 0x8000 : 0) | code);
}

}  // namespace

TEST_CASE("fp8: all codes have the standard's values", "[numerics][oracle]") {
  for (int code = 0; code < 256; ++code) {
    const auto c = static_cast<std::uint8_t>(code);
    if ((code & 0x7f) == 0x7f) {
      CHECK(std::isnan(fp8_to_float(c)));
      continue;
    }
    CHECK(fp8_to_float(c) == fp8_value(code));
    CHECK(fp8_units(c) == fp8_value(code) * 512);
  }
  CHECK(fp8_to_float(0x7e) == 448.0f);
  CHECK(fp8_to_float(0x01) == 0.001953125f);
}

TEST_CASE("fp8: conversion rounds every midpoint to even and its neighbours to nearest",
          "[numerics][oracle]") {
  for (int code = 0; code < 0x7e; ++code) {
    const auto middle = static_cast<float>((fp8_value(code) + fp8_value(code + 1)) / 2);
    for (float value : {middle, std::nextafter(middle, 0.0f), std::nextafter(middle, 1e9f),
                        static_cast<float>(fp8_value(code))})
      for (float sign : {1.0f, -1.0f}) {
        INFO("value " << value * sign);
        REQUIRE(fp8_from_float(value * sign) == nearest_fp8(static_cast<double>(value * sign)));
      }
  }
  for (float value : {448.0f, 455.0f, 463.9f, 464.0f, 464.1f, 1e6f, INFINITY})
    CHECK(fp8_from_float(value) == 0x7e);
  CHECK(fp8_from_float(-INFINITY) == 0xfe);
  CHECK(fp8_from_float(NAN) == 0x7f);
  CHECK(fp8_from_float(-0.0f) == 0);
  CHECK(fp8_from_float(-0.0009f) == 0);
}

TEST_CASE("fp8: all 2^16 FP16 inputs convert as the definition says", "[numerics][oracle]") {
  for (int bits = 0; bits < 0x10000; ++bits) {
    const auto x = static_cast<Fp16>(bits);
    const double value = half_value(x);
    const Fp8Result result = fp8_from_fp16(x);
    if (result.code != nearest_fp8(value)) FAIL("input " << bits);
    const bool above = std::fabs(value) >= 464;
    if (result.saturated != above) FAIL("saturation of input " << bits);
  }
}

TEST_CASE("fp16: all 2^16 codes convert to float and back as the host's", "[numerics][oracle]") {
  for (int bits = 0; bits < 0x10000; ++bits) {
    const auto x = static_cast<Fp16>(bits);
    const float host = static_cast<float>(std::bit_cast<Half>(x));
    if (std::isnan(host)) {
      CHECK(fp16_is_nan(x));
      CHECK(fp16_from_float(host) == fp16_nan);
      continue;
    }
    if (std::bit_cast<std::uint32_t>(fp16_to_float(x)) != std::bit_cast<std::uint32_t>(host))
      FAIL("code " << bits);
    if (fp16_from_float(host) != x) FAIL("back " << bits);
  }
}

TEST_CASE("fp16: random floats and all midpoints round as the host's", "[numerics][oracle]") {
  std::mt19937 random(11);
  const auto agree = [](float value) {
    const Fp16 host = std::bit_cast<Fp16>(static_cast<Half>(value));
    if (fp16_from_float(value) != host) FAIL("value " << value);
  };
  for (int bits = 0; bits < 0x7c00; ++bits) {
    const double low = half_value(static_cast<Fp16>(bits));
    const double high = bits == 0x7bff ? 65536.0 : half_value(static_cast<Fp16>(bits + 1));
    const auto middle = static_cast<float>((low + high) / 2);
    for (float value : {middle, std::nextafter(middle, 0.0f), std::nextafter(middle, 1e9f)}) {
      agree(value);
      agree(-value);
    }
  }
  for (int i = 0; i < 2000000; ++i) {
    const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    if (!std::isnan(value)) agree(value);
  }
}

TEST_CASE("post: the accumulator is scaled with one rounding", "[numerics][oracle]") {
  std::mt19937_64 random(12);
  for (int i = 0; i < 500000; ++i) {
    const auto acc = static_cast<std::int64_t>(random()) >> (29 + random() % 34);
    const int shift = static_cast<int>(random() % 24);
    // The host rounds a double once; the accumulator and the power of two are exact in it.
    const Fp16 host =
        std::bit_cast<Fp16>(static_cast<Half>(std::ldexp(static_cast<double>(acc), -9 - shift)));
    if (post_scale(acc, shift) != host) FAIL("acc " << acc << " shift " << shift);
  }
}

TEST_CASE("post: fma and residual add round exact sums once", "[numerics][oracle]") {
  std::mt19937_64 random(13);
  const auto finite = [&] {
    Fp16 x;
    do x = static_cast<Fp16>(random());
    while ((x & 0x7c00) == 0x7c00);
    return x;
  };
  const auto exact = [](Fp16 x) { return static_cast<Int128>(std::ldexp(half_value(x), 24)); };
  for (int i = 0; i < 500000; ++i) {
    const Fp16 a = finite(), b = finite();
    Fp16 c = finite();
    if (i % 4 == 0) c &= 0x83ff;  // subnormal addends
    const Int128 sum = exact(a) * exact(b) + exact(c) * (Int128{1} << 24);
    if (sum != 0 && fp16_fma(a, b, c) != nearest_half(sum)) FAIL("fma " << a << " " << b << " " << c);
    if (sum == 0) CHECK((fp16_fma(a, b, c) & 0x7fff) == 0);

    const auto code = static_cast<std::uint8_t>(random() % 0x7f | (random() & 0x80));
    const int shift = static_cast<int>(random() % 31) - 15;
    const Int128 total =
        (exact(a) << 24) + static_cast<Int128>(std::ldexp(fp8_value(code), 24 + shift)) * (Int128{1} << 24);
    const Fp16 expected = total == 0 ? 0 : nearest_half(total);
    if (post_residual(a, code, shift) != expected) FAIL("residual " << a << " " << int{code} << " " << shift);
  }
}

TEST_CASE("fp16: infinities, NaN and signed zeros in the fma follow IEEE 754", "[numerics]") {
  CHECK(fp16_fma(0x7c00, 0x3c00, 0x0000) == 0x7c00);
  CHECK(fp16_fma(0xfc00, 0x3c00, 0x7bff) == 0xfc00);
  CHECK(fp16_fma(0x7c00, 0x0000, 0x3c00) == fp16_nan);
  CHECK(fp16_fma(0x7c00, 0x3c00, 0xfc00) == fp16_nan);
  CHECK(fp16_fma(0x8000, 0x3c00, 0x8000) == 0x8000);
  CHECK(fp16_fma(0x8000, 0x3c00, 0x0000) == 0x0000);
  CHECK(fp16_fma(0x7bff, 0x7bff, 0x0000) == 0x7c00);
  CHECK(post_relu(0x8000) == 0);
  CHECK(post_relu(0xfc00) == 0);
  CHECK(post_relu(0x3c00) == 0x3c00);
}
