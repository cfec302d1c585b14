// SPDX-License-Identifier: Apache-2.0
// bfloat16: the upper half of a float. Operands of training's matrix products may be kept in it.
//
// Numerics  round to nearest, ties to even; NaN stays NaN. Levels of a supermask (0..7, signed) and FP8
//           values are exact.
// Test      bfloat16_test.cpp
#pragma once

#include <bit>
#include <cstdint>

namespace wd::algo {

struct BFloat16 {
  std::uint16_t bits = 0;

  BFloat16() = default;
  explicit BFloat16(float x) {
    const auto u = std::bit_cast<std::uint32_t>(x);
    const bool nan = (u & 0x7fffffffu) > 0x7f800000u;
    bits = static_cast<std::uint16_t>(nan ? u >> 16 | 0x40u : (u + 0x7fffu + (u >> 16 & 1u)) >> 16);
  }
  explicit operator float() const { return std::bit_cast<float>(std::uint32_t{bits} << 16); }
};

static_assert(sizeof(BFloat16) == 2);

}  // namespace wd::algo
