// SPDX-License-Identifier: Apache-2.0
// FP16 (IEEE 754 binary16) as bit patterns, with every operation rounded once, to nearest even.
//
// Numerics  subnormals are kept; overflow gives infinity; the one NaN is 0x7e00. The sum of exact
//           products is formed in fixed point (a multiple of 2^-48 below 2^33), then rounded.
// RTL twin  wd_fp_*
// Test      numerics_test.cpp (against the host's _Float16 for all 2^16 inputs, and against exact
//           rational arithmetic)
#pragma once

#include <bit>
#include <cstdint>

namespace wd::numerics {

using Fp16 = std::uint16_t;  // bits
__extension__ using Int128 = __int128;
__extension__ using Uint128 = unsigned __int128;

inline constexpr Fp16 fp16_infinity = 0x7c00;
inline constexpr Fp16 fp16_nan = 0x7e00;

constexpr bool fp16_is_nan(Fp16 x) { return (x & 0x7fff) > fp16_infinity; }
constexpr bool fp16_is_infinite(Fp16 x) { return (x & 0x7fff) == fp16_infinity; }

namespace detail {
constexpr int bit_length(Uint128 value) {
  const auto high = static_cast<std::uint64_t>(value >> 64);
  // libstdc++ 12 returns the operand's type, the standard an int.
  return high != 0 ? 64 + static_cast<int>(std::bit_width(high))
                   : static_cast<int>(std::bit_width(static_cast<std::uint64_t>(value)));
}
}  // namespace detail

/// Rounds (-1)^negative * magnitude * 2^exponent to FP16. An exact zero keeps the sign given.
template <typename Magnitude>
constexpr Fp16 fp16_round(bool negative, Magnitude magnitude, int exponent) {
  const Fp16 sign = negative ? 0x8000 : 0;
  if (magnitude == 0) return sign;
  const int length = detail::bit_length(magnitude);
  const int top = length - 1 + exponent;  // floor(log2(|value|))
  if (top > 15) return sign | fp16_infinity;
  const int unit = top < -14 ? -24 : top - 10;  // exponent of the result's last place
  const int drop = unit - exponent;
  std::uint32_t rounded;
  if (drop <= 0) {
    rounded = static_cast<std::uint32_t>(magnitude) << -drop;
  } else if (drop > length + 1) {
    rounded = 0;
  } else {
    rounded = static_cast<std::uint32_t>(magnitude >> drop);
    const Magnitude half = Magnitude{1} << (drop - 1);
    const Magnitude rest = magnitude & ((half << 1) - 1);
    if (rest > half || (rest == half && (rounded & 1))) ++rounded;
  }
  // `rounded` holds the implicit bit of a normal number, so the biased exponent is added less one;
  // a carry out of the mantissa moves into the exponent, up to infinity.
  const std::uint32_t base = top < -14 ? 0 : static_cast<std::uint32_t>(top + 14) << 10;
  return static_cast<Fp16>(sign | (base + rounded));
}

/// acc * 2^exponent, rounded once: step 1 of the post unit. Zero gives +0.
constexpr Fp16 fp16_from_fixed(std::int64_t value, int exponent) {
  const bool negative = value < 0;
  const std::uint64_t magnitude =
      negative ? std::uint64_t{0} - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  return fp16_round<std::uint64_t>(negative, magnitude, exponent);
}

/// The significand and its exponent: |x| = significand * 2^exponent (finite x).
constexpr std::uint32_t fp16_significand(Fp16 x) {
  return (x & 0x7c00) == 0 ? x & 0x3ffu : 0x400u | (x & 0x3ffu);
}
constexpr int fp16_exponent(Fp16 x) {
  const int biased = x >> 10 & 31;
  return biased == 0 ? -24 : biased - 25;
}

/// x as a whole multiple of 2^-24 (finite x).
constexpr std::int64_t fp16_units(Fp16 x) {
  const std::int64_t magnitude = static_cast<std::int64_t>(fp16_significand(x)) << (fp16_exponent(x) + 24);
  return x & 0x8000 ? -magnitude : magnitude;
}

/// a * b + c with one rounding. An exact zero sum is +0, except (-0) + (-0).
constexpr Fp16 fp16_fma(Fp16 a, Fp16 b, Fp16 c) {
  const bool product_negative = ((a ^ b) & 0x8000) != 0;
  if (fp16_is_nan(a) || fp16_is_nan(b) || fp16_is_nan(c)) return fp16_nan;
  if (fp16_is_infinite(a) || fp16_is_infinite(b)) {
    if ((a & 0x7fff) == 0 || (b & 0x7fff) == 0) return fp16_nan;
    if (fp16_is_infinite(c) && ((c & 0x8000) != 0) != product_negative) return fp16_nan;
    return static_cast<Fp16>(product_negative ? 0xfc00 : 0x7c00);
  }
  if (fp16_is_infinite(c)) return c;
  const Int128 product = static_cast<Int128>(fp16_units(a)) * fp16_units(b);  // multiples of 2^-48
  const Int128 sum = product + (static_cast<Int128>(fp16_units(c)) << 24);
  if (sum == 0) return product == 0 && product_negative && c == 0x8000 ? 0x8000 : 0;
  const bool negative = sum < 0;
  return fp16_round<Uint128>(negative, static_cast<Uint128>(negative ? -sum : sum), -48);
}

inline float fp16_to_float(Fp16 x) {
  const std::uint32_t sign = static_cast<std::uint32_t>(x & 0x8000) << 16;
  const std::uint32_t magnitude = x & 0x7fff;
  if (magnitude >= fp16_infinity) return std::bit_cast<float>(sign | 0x7f800000 | (magnitude & 0x3ff) << 13);
  if (magnitude >= 0x400) return std::bit_cast<float>(sign | ((magnitude << 13) + (112u << 23)));
  const float value = static_cast<float>(magnitude) * 0x1p-24f;
  return sign ? -value : value;
}

inline Fp16 fp16_from_float(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const bool negative = bits >> 31;
  const std::uint32_t biased = bits >> 23 & 255, mantissa = bits & 0x7fffff;
  if (biased == 255) return mantissa ? fp16_nan : static_cast<Fp16>(negative ? 0xfc00 : 0x7c00);
  if (biased == 0) return fp16_round<std::uint64_t>(negative, mantissa, -149);
  return fp16_round<std::uint64_t>(negative, mantissa | 0x800000, static_cast<int>(biased) - 150);
}

}  // namespace wd::numerics
