// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/stream/token_decoder.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "hw/formats/stream/stream_end.hpp"

namespace wd::stream {

struct TokenDecoder::Cursor {
  BitReader in;
  std::span<std::uint8_t> out;
  std::size_t at = 0;
};

TokenDecoder::TokenDecoder(const CodeTable& table, const std::string& origin)
    : huffman_(table.lengths, origin),
      run_limit_(table.run_limit()),
      tokens_(table.lengths.size()),
      advances_(std::size_t{1} << step_bits),
      steps_(advances_.size()) {
  const WeightKinds& kinds = table.kinds;
  for (std::size_t symbol = 1; symbol < tokens_.size(); ++symbol) {
    const std::size_t kind = (symbol - 1) % kinds.count();
    tokens_[symbol] = {static_cast<std::uint8_t>((symbol - 1) / kinds.count()),
                       static_cast<std::uint8_t>(kinds.level(kind) | kinds.sign(kind) * sign_bit)};
  }
  for (std::size_t index = 0; index < steps_.size(); ++index) {
    Step& step = steps_[index];
    std::size_t weights = 0;
    int bits = 0, found = 0;
    while (found < step_weights) {
      const auto window = static_cast<std::uint32_t>(index << bits & (steps_.size() - 1))
                          << (BitReader::window_bits - step_bits);
      const HuffmanDecoder::Match match = huffman_.find(window);
      if (match.bits == 0 || bits + match.bits > step_bits) break;
      const std::size_t zeros = match.symbol == 0 ? run_limit_ : tokens_[match.symbol].run;
      if (weights + zeros + 1 > max_advance) break;
      weights += zeros;
      bits += match.bits;
      if (match.symbol == 0) continue;
      step.place[found] = static_cast<std::uint8_t>(weights++);
      step.value[found++] = tokens_[match.symbol].value;
    }
    for (; found < step_weights; ++found) {
      step.place[found] = static_cast<std::uint8_t>(weights);
      step.value[found] = 0;
    }
    advances_[index] = {static_cast<std::uint8_t>(bits), static_cast<std::uint8_t>(weights)};
  }
}

/// As far as no check is needed.
void TokenDecoder::fast(Cursor& cursor) const {
  constexpr int steps_per_word = 56 / step_bits;
  constexpr std::size_t reach = steps_per_word * max_advance + 1;
  if (cursor.out.size() < reach) return;
  BitReader in = cursor.in;
  std::uint8_t* const out = cursor.out.data();
  std::size_t at = 0;
  const std::size_t limit = cursor.out.size() - reach;
  while (at <= limit && in.whole_word()) {
    std::uint64_t word = in.peek_word();
    int taken = 0;
    for (int i = 0; i < steps_per_word; ++i) {
      const std::size_t index = word >> (64 - step_bits);
      const Advance advance = advances_[index];
      const Step& step = steps_[index];
      for (int w = 0; w < step_weights; ++w) out[at + step.place[w]] = step.value[w];
      at += advance.weights;
      word <<= advance.bits;
      taken += advance.bits;
    }
    in.skip_known(taken);
    if (taken > 0) continue;
    const HuffmanDecoder::Match match = huffman_.find(in.peek());
    if (match.bits == 0) break;
    in.skip_known(match.bits);
    if (match.symbol == 0) {
      at += run_limit_;
    } else {
      at += tokens_[match.symbol].run;
      out[at++] = tokens_[match.symbol].value;
    }
  }
  cursor.in = in;
  cursor.at = at;
}

/// One symbol at a time, every one checked.
void TokenDecoder::finish(Cursor& cursor, const std::string& origin) const {
  BitReader& in = cursor.in;
  std::size_t& at = cursor.at;
  const std::size_t count = cursor.out.size();
  while (at < count) {
    const std::uint64_t position = in.position();
    const HuffmanDecoder::Match match = huffman_.find(in.peek());
    WD_REQUIRE(match.bits != 0, origin, ": no code at bit ", position, " of the stream, weight ", at);
    WD_REQUIRE(in.skip(match.bits), origin, ": ends early at bit ", position, " of the stream, weight ", at,
               " of ", count);
    if (match.symbol == 0) {
      at += std::min(run_limit_, count - at);
      continue;
    }
    const Token token = tokens_[match.symbol];
    WD_REQUIRE(token.run < count - at, origin, ": a run of ", int{token.run}, " zeros at bit ", position,
               " of the stream, weight ", at, ", passes the end at ", count);
    at += token.run;
    cursor.out[at++] = token.value;
  }
  require_end(in, origin);
}

void TokenDecoder::decode(std::span<const std::uint8_t> stream, std::span<std::uint8_t> out,
                          const std::string& origin) const {
  Cursor cursor{BitReader(stream), out};
  fast(cursor);
  finish(cursor, origin);
}

}  // namespace wd::stream
