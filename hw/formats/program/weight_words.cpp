// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/program/weight_words.hpp"

#include <bit>
#include <cstring>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "hw/formats/program/program.hpp"

namespace wd::program {
namespace {

std::size_t word_bytes(const arch::Arch& arch) { return static_cast<std::size_t>(arch.chunk) * 2 / 8; }

void put(Bytes& memory, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) memory.push_back(static_cast<std::uint8_t>(value >> 8 * i));
}

std::uint64_t take(const std::uint8_t* from, std::size_t bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) value |= std::uint64_t{from[i]} << 8 * i;
  return value;
}

void pad_to_beat(Bytes& memory) {
  while (memory.size() % beat_bytes != 0) memory.push_back(0);
}

/// @tparam Half of a word, as memory has it
template <typename Half>
void expand_words(std::uint64_t present, const std::uint8_t* from, WeightRow& row) {
  for (; present != 0; present &= present - 1, from += 2 * sizeof(Half)) {
    Half halves[2];
    std::memcpy(halves, from, sizeof halves);
    row[static_cast<std::size_t>(std::countr_zero(present))] = {halves[0], halves[1]};
  }
}

}  // namespace

void append_row(Bytes& memory, const WeightRow& row, const arch::Arch& arch) {
  WD_ASSERT(row.size() == static_cast<std::size_t>(arch.pes_per_group));
  StoredRow stored;
  for (std::size_t pe = 0; pe < row.size(); ++pe)
    if (row[pe] != WeightWord{}) {
      stored.present |= std::uint64_t{1} << pe;
      stored.words.push_back(row[pe]);
    }
  append_row(memory, stored, arch);
}

void append_row(Bytes& memory, const StoredRow& row, const arch::Arch& arch) {
  WD_ASSERT(memory.size() % beat_bytes == 0);
  put(memory, row.present, 8);
  pad_to_beat(memory);
  for (const WeightWord& word : row.words) {
    put(memory, word.mask, word_bytes(arch) / 2);
    put(memory, word.sign, word_bytes(arch) / 2);
  }
  pad_to_beat(memory);
}

PackedRow BurstReader::skip() {
  const std::size_t pes = static_cast<std::size_t>(arch_.pes_per_group);
  const PackedRow row = &beats_[at_];
  const std::uint64_t present = take(row, 8);
  WD_REQUIRE(take(row + 8, 8) == 0 && (pes == 64 || present >> pes == 0), what_, "row ", rows_,
             ": header beat is corrupted");
  const std::size_t words = static_cast<std::size_t>(std::popcount(present)),
                    bytes = words * word_bytes(arch_), padded = ceil_div(bytes, beat_bytes) * beat_bytes;
  at_ += beat_bytes;
  WD_REQUIRE(at_ + padded <= beats_.size(), what_, "row ", rows_, " of ", words, " words is cut off");
  for (std::size_t i = bytes; i < padded; ++i)
    WD_REQUIRE(beats_[at_ + i] == 0, what_, "row ", rows_, ": padding is not zero");
  at_ += padded;
  ++rows_;
  return row;
}

StoredRow BurstReader::next() {
  const std::uint8_t* from = skip();
  StoredRow row;
  row.present = take(from, 8);
  from += beat_bytes;
  const std::size_t half = word_bytes(arch_) / 2;
  row.words.reserve(static_cast<std::size_t>(std::popcount(row.present)));
  for (int i = 0; i < std::popcount(row.present); ++i, from += 2 * half)
    row.words.push_back({take(from, half), take(from + half, half)});
  return row;
}

std::vector<PackedRow> packed_rows(std::span<const std::uint8_t> beats, const arch::Arch& arch,
                                   const std::string& what) {
  std::vector<PackedRow> rows;
  for (BurstReader burst(beats, arch, what); !burst.done();) rows.push_back(burst.skip());
  return rows;
}

std::size_t packed_bytes(PackedRow packed, const arch::Arch& arch) {
  const std::size_t bytes = static_cast<std::size_t>(std::popcount(take(packed, 8))) * word_bytes(arch);
  return beat_bytes * (1 + ceil_div(bytes, beat_bytes));
}

void expand_row(PackedRow packed, const arch::Arch& arch, WeightRow& row) {
  row.assign(static_cast<std::size_t>(arch.pes_per_group), {});
  const std::uint64_t present = take(packed, 8);
  const std::uint8_t* const words = packed + beat_bytes;
  arch.chunk == 16   ? expand_words<std::uint16_t>(present, words, row)
  : arch.chunk == 32 ? expand_words<std::uint32_t>(present, words, row)
                     : expand_words<std::uint64_t>(present, words, row);
}

std::vector<WeightRow> expand_rows(std::span<const std::uint8_t> beats, const arch::Arch& arch,
                                   const std::string& what) {
  std::vector<WeightRow> rows;
  for (const PackedRow packed : packed_rows(beats, arch, what)) expand_row(packed, arch, rows.emplace_back());
  return rows;
}

}  // namespace wd::program
