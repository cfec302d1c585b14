// SPDX-License-Identifier: Apache-2.0
// Recreates which weights are frozen from a seed and a weight's index; nothing is stored.
//
// Shape     state(i) is of weight i (O x KH x KW x I order) of a layer; any index can be asked first.
// Units     fractions in 1/65536: 0 .. 65536, pruned + locked at most 65536.
// Numerics  16 fair bits u per weight: pruned where u < pruned, locked where u < pruned + locked, else free.
//           The bits are halves of Speck32/64 blocks in counter mode (sign_generator.hpp: the same cipher,
//           the seed changed by a constant, so that one seed could serve both): low half for even weights,
//           high half for odd ones.
// Errors    fractions that exceed 1: wd::Error.
// Source    arXiv 2402.14029 (random pruning and locking; there by permutation, here stateless)
// Test      freeze_generator_test.cpp
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "hw/formats/stream/sign_generator.hpp"

namespace wd::stream {

enum class FreezeState : std::uint8_t { free = 0, pruned = 1, locked = 2 };

inline constexpr std::uint64_t freeze_domain =
    0x6672'6565'7a65'2131;                          // "freeze!1": seed XOR this is the cipher's key
inline constexpr std::uint32_t freeze_one = 65536;  // the fraction 1

/// The nearest multiple of 1/65536. Errors outside 0 .. 1.
std::uint32_t freeze_fraction(double fraction);

class FreezeGenerator {
 public:
  FreezeGenerator(std::uint64_t seed, std::uint32_t pruned, std::uint32_t locked);

  FreezeState state(std::uint64_t weight) const {
    const std::uint32_t bits = bits_of(weight);
    return bits < pruned_ ? FreezeState::pruned : bits < frozen_ ? FreezeState::locked : FreezeState::free;
  }
  /// The 16 bits behind state().
  std::uint32_t bits_of(std::uint64_t weight) const {
    return blocks_.signs(static_cast<std::uint32_t>(weight / 2)) >> (weight % 2 * 16) & 0xffff;
  }
  /// state(0) .. state(count - 1), as numbers.
  std::vector<std::uint8_t> pattern(std::size_t count) const;

 private:
  SignGenerator blocks_;
  std::uint32_t pruned_, frozen_;
};

}  // namespace wd::stream
