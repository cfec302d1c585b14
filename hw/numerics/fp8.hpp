// SPDX-License-Identifier: Apache-2.0
// FP8 E4M3 (OCP OFP8 revision 1.0): sign, 4 exponent bits of bias 7, 3 mantissa bits.
//
// Numerics  no infinities; NaN is S.1111.111; largest finite 448; subnormal step 2^-9. Conversions
//           round to nearest even and saturate to +-448. Negative zero is written as +0, so that
//           "is zero" is (code & 0x7f) == 0.
// RTL twin  wd_fp_to_fp8
// Test      numerics_test.cpp (all codes, all 2^16 FP16 inputs, all ties)
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace wd::numerics {

inline constexpr std::uint8_t fp8_max = 0x7e;  // 448
inline constexpr std::uint8_t fp8_nan = 0x7f;
inline constexpr int fp8_unit_exp = -9;  // every value is a whole multiple of 2^-9

/// The significand of |x|: |x| = fp8_significand(x) * 2^(fp8_shift(x) - 9).
constexpr int fp8_significand(std::uint8_t code) {
  const int exponent = code >> 3 & 15, mantissa = code & 7;
  return exponent == 0 ? mantissa : 8 + mantissa;
}
constexpr int fp8_shift(std::uint8_t code) {
  const int exponent = code >> 3 & 15;
  return exponent == 0 ? 0 : exponent - 1;
}

/// The value as a signed whole number of 2^-9 units, |.| <= 229376 (NaN codes read as 480).
constexpr std::int32_t fp8_units(std::uint8_t code) {
  const std::int32_t magnitude = fp8_significand(code) << fp8_shift(code);
  return code & 0x80 ? -magnitude : magnitude;
}

/// Codes in the order of max pooling: as sign and magnitude, so that +0 and -0 are equal and NaN codes lie outside of all others.
constexpr int fp8_order(std::uint8_t code) { return code & 0x80 ? -(code & 0x7f) : code & 0x7f; }
/// The code of lowest order: nothing is below it.
inline constexpr std::uint8_t fp8_lowest = 0xff;

inline float fp8_to_float(std::uint8_t code) {
  if ((code & 0x7f) == fp8_nan) return std::numeric_limits<float>::quiet_NaN();
  return std::ldexp(static_cast<float>(fp8_units(code)), fp8_unit_exp);
}

/// Rounds to nearest even, saturating; NaN gives NaN.
inline std::uint8_t fp8_from_float(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint8_t sign = bits >> 24 & 0x80;
  const std::uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return fp8_nan;
  if (magnitude >= 0x43e80000) return sign | fp8_max;  // 464 = the midpoint above 448
  std::uint32_t code;
  if (magnitude >= 0x3c800000) {  // at least 2^-6: a normal result; the mantissa carries upwards
    code = (magnitude - (120u << 23) + 0x7ffff + (magnitude >> 20 & 1)) >> 20;
  } else {  // multiples of 2^-9; adding 2^14 (unit in the last place 2^-9) rounds to nearest even
    const float shifted = std::bit_cast<float>(magnitude) + 16384.0f;
    code = std::bit_cast<std::uint32_t>(shifted) - std::bit_cast<std::uint32_t>(16384.0f);
  }
  if (code > fp8_max) code = fp8_max;
  return code == 0 ? 0 : static_cast<std::uint8_t>(sign | code);
}

}  // namespace wd::numerics
