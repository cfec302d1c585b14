// SPDX-License-Identifier: Apache-2.0
// A Huffman table of weight symbols: chooses its run limit, and writes and reads it.
//
// Shape     R = 2^run_log. Symbol 0, the escape, stands for R zeros (or all that are left, if fewer); symbol
//           1 + run * kinds + kind for run < R zeros and a weight. docs/formats.md has the written form.
// Errors    a table that is cut short, or no complete code: wd::Error naming the origin.
// Test      weight_code_test.cpp
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "hw/formats/stream/bits.hpp"
#include "hw/formats/stream/tokens.hpp"

namespace wd::stream {

struct CodeTable {
  WeightKinds kinds;
  int run_log = 0;
  std::vector<std::uint8_t> lengths;  // of each symbol's code; 0: does not occur

  std::size_t run_limit() const { return std::size_t{1} << run_log; }
  /// Of the code words of all these tokens; infinite (the largest number) if one has no code.
  std::uint64_t payload_bits(const TokenHistogram& histogram) const;
  /// Of write().
  std::size_t bytes() const;
  void write(Bytes& out) const;
};

/// The table of the fewest bytes for these tokens, itself included.
CodeTable best_table(const TokenHistogram& histogram, const WeightKinds& kinds);

/// @param at where the table begins in `bytes`; moved behind it.
CodeTable read_table(std::span<const std::uint8_t> bytes, std::size_t& at, const WeightKinds& kinds,
                     const std::string& origin);

}  // namespace wd::stream
