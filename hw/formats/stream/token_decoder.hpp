// SPDX-License-Identifier: Apache-2.0
// Decodes Huffman-coded weight streams: several symbols a look-up where they are short.
//
// Shape     out: one byte per weight, level | sign << 7; must be 0 before.
// Errors    a stream that ends early, goes on, or has a run past its end: wd::Error naming origin, weight, bit.
// Test      weight_code_test.cpp
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "hw/formats/stream/code_table.hpp"
#include "hw/formats/stream/huffman.hpp"

namespace wd::stream {

inline constexpr std::uint8_t sign_bit = 0x80;  // of a decoded weight's byte

class TokenDecoder {
 public:
  TokenDecoder(const CodeTable& table, const std::string& origin);

  void decode(std::span<const std::uint8_t> stream, std::span<std::uint8_t> out,
              const std::string& origin) const;

 private:
  // What the next `step_bits` bits hold: whole symbols, at most four weights that are not 0, and zeros.
  static constexpr int step_bits = 11;
  static constexpr int step_weights = 4;
  static constexpr std::size_t max_advance = 255;
  struct Advance {
    std::uint8_t bits;     // 0: the first symbol is longer than step_bits
    std::uint8_t weights;  // that are complete
  };
  struct Step {
    // Where the weights go and their bytes; unused ones put a 0 on the next weight's place, which is 0 yet.
    std::uint8_t place[step_weights];
    std::uint8_t value[step_weights];
  };

  struct Cursor;
  void fast(Cursor& cursor) const;
  void finish(Cursor& cursor, const std::string& origin) const;

  HuffmanDecoder huffman_;
  std::size_t run_limit_;
  struct Token {
    std::uint8_t run, value;
  };
  std::vector<Token> tokens_;      // of each symbol
  std::vector<Advance> advances_;  // apart from the steps: the next look-up waits for them
  std::vector<Step> steps_;
};

}  // namespace wd::stream
