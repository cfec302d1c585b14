// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/stream/chip_code.hpp"

#include "base/error.hpp"

namespace wd::stream {
namespace {

void put(Bytes& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<std::uint8_t>(value >> 8 * i));
}

std::uint64_t take(const std::uint8_t* from, int bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < bytes; ++i) value |= std::uint64_t{from[i]} << 8 * i;
  return value;
}

int field(std::uint64_t beat, int low, int bits) {
  return static_cast<int>(beat >> low & ((std::uint64_t{1} << bits) - 1));
}

void pad_to_beat(Bytes& out) {
  while (out.size() % chip_beat_bytes != 0) out.push_back(0);
}

}  // namespace

void ChipHeader::write(Bytes& out) const {
  const auto at = [](int value, int low) { return static_cast<std::uint64_t>(value) << low; };
  put(out,
      at(chunks, 0) | at(narrow_chunks, 16) | at(narrow_channels, 32) | at(entries, 40) | at(planes, 48) |
          at(has_signs, 50) | at(random_signs, 51) | at(run_log, 52) | at(raw_log, 56) | at(frozen, 58),
      8);
  put(out, at(static_cast<int>(words), 0) | at(escape_bits, 24) | at(escape_code, 32), 8);
}

ChipHeader read_header(const std::uint8_t* beat) {
  const std::uint64_t low = take(beat, 8), high = take(beat + 8, 8);
  ChipHeader header;
  header.chunks = field(low, 0, 16);
  header.narrow_chunks = field(low, 16, 16);
  header.narrow_channels = field(low, 32, 7);
  header.entries = field(low, 40, 8);
  header.planes = field(low, 48, 2);
  header.has_signs = field(low, 50, 1) != 0;
  header.random_signs = field(low, 51, 1) != 0;
  header.run_log = field(low, 52, 3);
  header.raw_log = field(low, 56, 2);
  header.frozen = field(low, 58, 1) != 0;
  header.words = static_cast<std::uint32_t>(field(high, 0, 24));
  header.escape_bits = field(high, 24, 4);
  header.escape_code = field(high, 32, chip_code_bits);
  return header;
}

bool usable(const ChipHeader& header, const ChipDecoderShape& shape) {
  return header.planes != 0 && header.chunks + header.narrow_chunks != 0 &&
         header.narrow_channels <= chip_channels && header.entries != 0 && header.entries <= shape.entries &&
         !(header.has_signs && (header.random_signs || header.frozen)) && (!header.frozen || shape.freeze) &&
         header.escape_bits <= chip_code_bits;
}

std::uint32_t ChipGenerator::number(int chunk, int channel, int tile_channels) const {
  const int tile = chunks == 0 ? 0 : chunk / chunks;
  return first +
         (static_cast<std::uint32_t>(tile) * static_cast<std::uint32_t>(tile_channels) +
          static_cast<std::uint32_t>(channel)) *
             static_cast<std::uint32_t>(chunks) +
         static_cast<std::uint32_t>(chunk - tile * chunks);
}

void ChipGenerator::write(Bytes& out, const ChipHeader& header) const {
  if (!header.random_signs && !header.frozen) return;
  put(out, sign_seed, 8);
  put(out, first, 4);
  put(out, static_cast<std::uint64_t>(chunks), 4);
  if (!header.frozen) return;
  put(out, freeze_key, 8);
  put(out, pruned | std::uint64_t{frozen} << 20 | static_cast<std::uint64_t>(level) << 40, 8);
}

void ChipGenerator::read_numbers(const std::uint8_t* beat) {
  sign_seed = take(beat, 8);
  first = static_cast<std::uint32_t>(take(beat + 8, 4));
  chunks = static_cast<int>(take(beat + 12, 2));
}

void ChipGenerator::read_freeze(const std::uint8_t* beat) {
  freeze_key = take(beat, 8);
  const std::uint64_t fields = take(beat + 8, 8);
  pruned = static_cast<std::uint32_t>(field(fields, 0, 17));
  frozen = static_cast<std::uint32_t>(field(fields, 20, 17));
  level = field(fields, 40, 3);
}

std::uint8_t ChipSymbol::byte(const ChipHeader& header) const {
  const int signs = header.has_signs ? 1 : 0;
  const int value = run_class << header.value_bits() | level << signs | sign;
  WD_ASSERT(value <= 0xff && level >> header.planes == 0 && sign >> signs == 0);
  return static_cast<std::uint8_t>(value);
}

ChipSymbol ChipSymbol::of_byte(std::uint8_t byte, const ChipHeader& header) {
  const int signs = header.has_signs ? 1 : 0;
  return {.run_class = static_cast<std::uint8_t>(byte >> header.value_bits() & ((1 << chip_class_bits) - 1)),
          .level = static_cast<std::uint8_t>(byte >> signs & ((1 << header.planes) - 1)),
          .sign = static_cast<std::uint8_t>(byte & signs)};
}

bool ChipTable::finish(const ChipHeader& header) {
  int next = 0, place = 0;  // the next code word, of the present length; symbols before it
  for (std::size_t length = 1; length < counts.size(); ++length) {
    const int shift = chip_code_bits - static_cast<int>(length);
    next = next << 1;
    offset[length] = static_cast<std::uint8_t>(place - next);
    next += counts[length];
    place += counts[length];
    if (next > 1 << length || (counts[length] != 0 && shift < header.raw_log)) return false;
    end[length] = static_cast<std::uint16_t>(next << shift);
  }
  constexpr int full = 1 << chip_code_bits;
  return place == header.entries && (end.back() == full || (place == 1 && end.back() == full / 2));
}

void ChipTable::write(Bytes& out, const ChipHeader& header) const {
  for (std::size_t length = 1; length < counts.size(); ++length) out.push_back(counts[length]);
  pad_to_beat(out);
  for (const ChipSymbol& symbol : symbols) out.push_back(symbol.byte(header));
  pad_to_beat(out);
}

}  // namespace wd::stream
