// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/program/weight_words.hpp"

#include <bit>

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

StoredRow BurstReader::next() {
  const std::size_t bytes = word_bytes(arch_), pes = static_cast<std::size_t>(arch_.pes_per_group);
  StoredRow row;
  row.present = take(&beats_[at_], 8);
  WD_REQUIRE(take(&beats_[at_ + 8], 8) == 0 && (pes == 64 || row.present >> pes == 0), what_, "row ", rows_,
             ": header beat is corrupted");
  at_ += beat_bytes;
  const std::size_t words = static_cast<std::size_t>(std::popcount(row.present));
  const std::size_t end = at_ + words * bytes,
                    padded = at_ + ceil_div(words * bytes, beat_bytes) * beat_bytes;
  WD_REQUIRE(padded <= beats_.size(), what_, "row ", rows_, " of ", words, " words is cut off");
  row.words.reserve(words);
  for (; at_ < end; at_ += bytes)
    row.words.push_back({take(&beats_[at_], bytes / 2), take(&beats_[at_ + bytes / 2], bytes / 2)});
  for (; at_ < padded; ++at_) WD_REQUIRE(beats_[at_] == 0, what_, "row ", rows_, ": padding is not zero");
  ++rows_;
  return row;
}

std::vector<WeightRow> expand_rows(std::span<const std::uint8_t> beats, const arch::Arch& arch,
                                   const std::string& what) {
  std::vector<WeightRow> rows;
  for (BurstReader burst(beats, arch, what); !burst.done();) {
    const StoredRow stored = burst.next();
    WeightRow& row = rows.emplace_back(static_cast<std::size_t>(arch.pes_per_group));
    std::size_t next = 0;
    for (std::size_t pe = 0; pe < row.size(); ++pe)
      if (stored.present >> pe & 1) row[pe] = stored.words[next++];
  }
  return rows;
}

}  // namespace wd::program
