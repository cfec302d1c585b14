// SPDX-License-Identifier: Apache-2.0
// Weight words as bytes, eight positions at once.
//
// Test      decoded_weights_test.cpp
#pragma once

#include <cstdint>

namespace wd::sim::fast {

/// Byte i is bit i of the lowest eight.
inline std::uint64_t bytes_of_bits(std::uint64_t bits) {
  constexpr std::uint64_t each = 0x0101010101010101;
  // Bit i alone of byte i, then whether there is one.
  return (((bits & 0xff) * each & 0x8040201008040201) + 0x7f * each) >> 7 & each;
}

/// Bytes from -128 on of what two words of bytes below 64 differ by.
inline std::uint64_t difference_of_bytes(std::uint64_t plus, std::uint64_t minus) {
  constexpr std::uint64_t high = 0x8080808080808080;
  return ((plus | high) - minus) ^ high;
}

}  // namespace wd::sim::fast
