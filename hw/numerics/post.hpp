// SPDX-License-Identifier: Apache-2.0
// The post unit's arithmetic, from an exact accumulator to an FP8 activation or an FP16 score.
//
// Numerics  1. t = rne16(acc * 2^(-9 - acc_shift))
//           2. y = rne16(t * gamma + beta)                       one rounding
//           3. z = rne16(y + residual * 2^residual_shift)        one rounding, -15 <= shift <= 15
//           4. a = relu(z) when asked; FP8 = RNE to E4M3, saturating; a zero is +0
// RTL twin  wd_post
// Test      numerics_test.cpp
#pragma once

#include <array>
#include <cstdint>

#include "hw/numerics/fp16.hpp"
#include "hw/numerics/fp8.hpp"

namespace wd::numerics {

/// Step 1.
constexpr Fp16 post_scale(std::int64_t acc, int acc_shift) {
  return fp16_from_fixed(acc, fp8_unit_exp - acc_shift);
}

/// Step 3. An exact zero sum is +0.
constexpr Fp16 post_residual(Fp16 y, std::uint8_t residual, int residual_shift) {
  if (fp16_is_nan(y) || fp16_is_infinite(y)) return y;
  // Both are whole multiples of 2^-24: the residual's unit is 2^(-9 + shift), shift >= -15.
  const std::int64_t sum = fp16_units(y) + static_cast<std::int64_t>(fp8_units(residual)) *
                                               (std::int64_t{1} << (residual_shift + 15));
  return fp16_from_fixed(sum, -24);
}

constexpr Fp16 post_relu(Fp16 z) { return z & 0x8000 ? Fp16{0} : z; }

struct Fp8Result {
  std::uint8_t code;
  bool saturated;  // |z| rounds above 448, or is infinite
};

/// Step 4's conversion.
inline Fp8Result fp8_from_fp16(Fp16 z) {
  const std::uint8_t code = fp8_from_float(fp16_to_float(z));
  return {code, !fp16_is_nan(z) && (z & 0x7fff) >= 0x5f40};  // 464 = 0x5f40, the midpoint above 448
}

}  // namespace wd::numerics
