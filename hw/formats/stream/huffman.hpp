// SPDX-License-Identifier: Apache-2.0
// Builds and decodes canonical Huffman codes of at most 15 bits.
//
// Shape     one length per symbol, 0 = the symbol has no code. Codes count upwards: shorter codes
//           first, equal lengths in symbol order.
// Numerics  lengths are optimal under the limit (package-merge). A single symbol gets length 1 and
//           the code 0; every other code is complete (its Kraft sum is 1).
// Errors    lengths above the limit, over-subscribed or incomplete codes: wd::Error.
// Source    Larmore and Hirschberg, A fast algorithm for optimal length-limited Huffman codes, 1990
// Test      huffman_test.cpp (a plain heap Huffman; exhaustive search under a limit)
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "hw/formats/stream/bits.hpp"
#include "hw/formats/stream/limits.hpp"

namespace wd::stream {

/// The lengths that make the least total of count * length. Symbols of count 0 get no code.
/// @param limit 1 to 15; there must be at most 2^limit symbols of a positive count.
std::vector<std::uint8_t> code_lengths(std::span<const std::uint64_t> counts, int limit = max_code_bits);

/// Refuses lengths that are no usable code. @param origin the table's name in messages.
void check_lengths(std::span<const std::uint8_t> lengths, const std::string& origin);

/// The code of each symbol, in the low `length` bits.
std::vector<std::uint16_t> canonical_codes(std::span<const std::uint8_t> lengths);

class HuffmanDecoder {
 public:
  struct Match {
    std::uint16_t symbol;
    std::uint8_t bits;  // 0: no code begins with these bits (only possible with a single symbol)
  };

  HuffmanDecoder(std::span<const std::uint8_t> lengths, const std::string& origin);

  /// @param window the next 15 bits, the first one on top (BitReader::peek).
  Match find(std::uint32_t window) const {
    const Match direct = short_codes_[window >> (max_code_bits - short_bits)];
    return direct.bits != 0 ? direct : find_long(window);
  }

 private:
  // 2^10 entries stay in a first-level cache; longer codes are rare and take the compare loop.
  static constexpr int short_bits = 10;

  Match find_long(std::uint32_t window) const;

  std::array<Match, 1 << short_bits> short_codes_{};
  std::array<std::uint32_t, max_code_bits + 1> end_{};     // left-justified end of each length's codes
  std::array<std::uint32_t, max_code_bits + 1> offset_{};  // symbol index - code, modulo 2^32
  std::vector<std::uint16_t> symbols_;                     // in code order
};

}  // namespace wd::stream
