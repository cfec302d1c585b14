// SPDX-License-Identifier: Apache-2.0
// Recreates the random signs of a supermask from a seed and a weight's index; nothing is stored.
//
// Shape     signs(i) gives 32 sign bits, for the weights 32 i .. 32 i + 31 of a layer (bit j: weight
//           32 i + j; 1 = negative). Any index can be asked first: a tile can start anywhere.
// Numerics  Speck32/64 (Beaulieu et al., The SIMON and SPECK Families, 2013) in counter mode, the
//           seed as key: additions, rotations and XORs of 16-bit words, no multiplier.
// Test      sign_generator_test.cpp (the paper's test vector; balance and correlation)
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace wd::stream {

class SignGenerator {
 public:
  /// @param seed the 64-bit key, its low word first in the key schedule.
  explicit constexpr SignGenerator(std::uint64_t seed) {
    auto key = static_cast<std::uint16_t>(seed);
    std::array<std::uint16_t, 3> rest{static_cast<std::uint16_t>(seed >> 16),
                                      static_cast<std::uint16_t>(seed >> 32),
                                      static_cast<std::uint16_t>(seed >> 48)};
    for (std::uint16_t round = 0; round < rounds; ++round) {
      round_keys_[round] = key;
      std::uint16_t& next = rest[round % 3];
      next = static_cast<std::uint16_t>((key + std::rotr(next, 7)) ^ round);
      key = static_cast<std::uint16_t>(std::rotl(key, 2) ^ next);
    }
  }

  /// Encrypts a counter value: 32 random bits.
  constexpr std::uint32_t signs(std::uint32_t index) const {
    auto high = static_cast<std::uint16_t>(index >> 16), low = static_cast<std::uint16_t>(index);
    for (std::uint16_t key : round_keys_) {
      high = static_cast<std::uint16_t>((std::rotr(high, 7) + low) ^ key);
      low = static_cast<std::uint16_t>(std::rotl(low, 2) ^ high);
    }
    return static_cast<std::uint32_t>(high) << 16 | low;
  }

  constexpr bool negative(std::uint64_t weight) const {
    return signs(static_cast<std::uint32_t>(weight / 32)) >> weight % 32 & 1;
  }

 private:
  static constexpr std::uint16_t rounds = 22;
  std::array<std::uint16_t, rounds> round_keys_{};
};

}  // namespace wd::stream
