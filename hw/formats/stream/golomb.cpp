// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/stream/golomb.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "hw/formats/stream/stream_end.hpp"
#include "hw/formats/stream/token_decoder.hpp"

namespace wd::stream {
namespace {

/// Truncated binary: values below `short_codes` have `bits - 1` bits, the others `bits`.
struct Remainder {
  explicit Remainder(int m)
      : bits(std::bit_width(static_cast<unsigned>(m - 1))),
        short_codes((1U << bits) - static_cast<unsigned>(m)) {}
  int bits;
  unsigned short_codes;
};

void put_ones(BitWriter& writer, std::size_t count) {
  for (; count >= 16; count -= 16) writer.put(0xffff, 16);
  writer.put((1U << count) - 1, static_cast<int>(count));
}

void put_run(BitWriter& writer, std::size_t run, int m, const Remainder& remainder) {
  put_ones(writer, run / static_cast<unsigned>(m));
  writer.put(0, 1);
  const auto rest = static_cast<unsigned>(run % static_cast<unsigned>(m));
  if (m == 1) return;
  if (rest < remainder.short_codes)
    writer.put(rest, remainder.bits - 1);
  else
    writer.put(rest + remainder.short_codes, remainder.bits);
}

}  // namespace

int best_golomb(const Tokens& tokens) {
  double zeros = 0;
  for (const Tokens::Stream& stream : tokens.streams)
    zeros += static_cast<double>(stream.weights - stream.tokens);
  const auto ones = static_cast<double>(tokens.tokens.size());
  if (zeros == 0) return 1;
  if (ones == 0) return max_golomb;
  // The m for which zeros^m + zeros^(m + 1) <= 1 < zeros^m + zeros^(m - 1), of the share of zeros.
  const double share = zeros / (zeros + ones);
  return static_cast<int>(
      std::clamp(std::ceil(-std::log(1 + share) / std::log(share)), 1.0, double{max_golomb}));
}

void encode_golomb(std::span<const std::uint32_t> tokens, std::size_t zeros_at_end, const WeightKinds& kinds,
                   int m, Bytes& out) {
  const Remainder remainder(m);
  BitWriter writer(out);
  for (const std::uint32_t token : tokens) {
    put_run(writer, token >> kind_bits, m, remainder);
    const std::size_t kind = token & ((1 << kind_bits) - 1), level = kinds.level(kind);
    put_ones(writer, level - 1);
    if (level < static_cast<std::size_t>(kinds.coats)) writer.put(0, 1);
    if (kinds.has_signs) writer.put(static_cast<std::uint32_t>(kinds.sign(kind)), 1);
  }
  if (zeros_at_end > 0) put_run(writer, zeros_at_end, m, remainder);
}

void decode_golomb(std::span<const std::uint8_t> stream, std::span<std::uint8_t> out,
                   const WeightKinds& kinds, int m, const std::string& origin) {
  const Remainder remainder(m);
  BitReader in(stream);
  const std::size_t count = out.size();
  std::size_t at = 0;
  std::uint64_t position = 0;
  const auto take = [&](int bits) -> unsigned {
    if (bits == 0) return 0;
    const auto value = static_cast<unsigned>(in.peek() >> (BitReader::window_bits - bits));
    WD_REQUIRE(in.skip(bits), origin, ": ends early at bit ", position, " of the stream, weight ", at, " of ",
               count);
    return value;
  };
  while (at < count) {
    position = in.position();
    std::size_t run = 0;
    while (take(1) != 0) {
      run += static_cast<unsigned>(m);
      WD_REQUIRE(run <= count - at, origin, ": a run of ", run, " zeros or more at bit ", position,
                 " of the stream, weight ", at, ", passes the end at ", count);
    }
    if (m > 1) {
      unsigned rest = take(remainder.bits - 1);
      if (rest >= remainder.short_codes) rest = (rest << 1 | take(1)) - remainder.short_codes;
      run += rest;
    }
    WD_REQUIRE(run <= count - at, origin, ": a run of ", run, " zeros at bit ", position,
               " of the stream, weight ", at, ", passes the end at ", count);
    at += run;
    if (at == count) break;
    int level = 1;
    while (level < kinds.coats && take(1) != 0) ++level;
    const unsigned sign = kinds.has_signs ? take(1) : 0;
    out[at++] = static_cast<std::uint8_t>(static_cast<unsigned>(level) | sign * sign_bit);
  }
  require_end(in, origin);
}

std::size_t plain_bits(const WeightKinds& kinds) {
  return static_cast<std::size_t>(std::bit_width(static_cast<unsigned>(kinds.coats))) +
         (kinds.has_signs ? 1 : 0);
}

void encode_plain(std::span<const std::uint8_t> levels, std::span<const std::uint8_t> signs,
                  const WeightKinds& kinds, Bytes& out) {
  const auto bits = static_cast<int>(plain_bits(kinds));
  BitWriter writer(out);
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const unsigned sign = signs.empty() || levels[i] == 0 ? 0 : signs[i];
    writer.put(kinds.has_signs ? levels[i] * 2U + sign : levels[i], bits);
  }
}

void decode_plain(std::span<const std::uint8_t> stream, std::span<std::uint8_t> out, const WeightKinds& kinds,
                  const std::string& origin) {
  const auto bits = static_cast<int>(plain_bits(kinds));
  BitReader in(stream);
  for (std::size_t at = 0; at < out.size(); ++at) {
    const std::uint64_t position = in.position();
    const unsigned field = in.peek() >> (BitReader::window_bits - bits);
    WD_REQUIRE(in.skip(bits), origin, ": ends early at bit ", position, " of the stream, weight ", at, " of ",
               out.size());
    const unsigned level = kinds.has_signs ? field >> 1 : field, sign = kinds.has_signs ? field & 1 : 0;
    WD_REQUIRE(level <= static_cast<unsigned>(kinds.coats) && (level > 0 || sign == 0), origin, ": weight ",
               at, " at bit ", position, " of the stream has level ", level, " with ", kinds.coats, " coats",
               level == 0 ? " and a sign" : "");
    out[at] = static_cast<std::uint8_t>(level | sign * sign_bit);
  }
  require_end(in, origin);
}

}  // namespace wd::stream
