// SPDX-License-Identifier: Apache-2.0
// Asymmetric numeral systems in table form over the same symbols as the Huffman code: how small software could
// make a layer. The chip does not decode it.
//
// Shape     2^11 states; frequencies of the symbols add up to 2^11. A stream begins with the first state in 11
//           bits; a stream without symbols is empty. docs/formats.md has the table's construction.
// Errors    frequencies that do not add up, a stream that ends early or not in the first state: wd::Error.
// Source    Duda, Asymmetric numeral systems, arXiv 1311.2540 (the spread of symbols is that of Collet's FSE)
// Test      tans_test.cpp
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "hw/formats/stream/bits.hpp"
#include "hw/formats/stream/tokens.hpp"

namespace wd::stream {

struct TansTable {
  WeightKinds kinds;
  int run_log = 0;
  std::vector<std::uint16_t> frequencies;  // of each symbol, as CodeTable's; 0: does not occur

  void write(Bytes& out) const;
};

/// Of all run limits the one whose entropy and table are smallest.
TansTable best_tans(const TokenHistogram& histogram, const WeightKinds& kinds);
TansTable read_tans(std::span<const std::uint8_t> bytes, std::size_t& at, const WeightKinds& kinds,
                    const std::string& origin);

/// Frequencies of `total` that are near the counts' shares, each at least 1 where its count is.
std::vector<std::uint16_t> scale_counts(std::span<const std::uint64_t> counts, std::uint32_t total);

class TansEncoder {
 public:
  explicit TansEncoder(const TansTable& table);
  void encode(std::span<const std::uint32_t> tokens, std::size_t zeros_at_end, Bytes& out) const;

 private:
  WeightKinds kinds_;
  int run_log_;
  std::vector<std::uint16_t> frequencies_, first_, slots_;  // slots of a symbol: from first_, in rising order
};

class TansDecoder {
 public:
  explicit TansDecoder(const TansTable& table);
  void decode(std::span<const std::uint8_t> stream, std::span<std::uint8_t> out,
              const std::string& origin) const;

 private:
  struct State {
    std::uint16_t symbol, base;
    std::uint8_t bits, run, value;
  };
  std::size_t run_limit_;
  std::vector<State> states_;
};

}  // namespace wd::stream
