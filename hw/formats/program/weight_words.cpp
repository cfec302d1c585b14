// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/program/weight_words.hpp"

#include "base/error.hpp"
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
  WD_ASSERT(row.size() == static_cast<std::size_t>(arch.pes_per_group) && memory.size() % beat_bytes == 0);
  std::uint64_t present = 0;
  for (std::size_t pe = 0; pe < row.size(); ++pe)
    if (row[pe] != WeightWord{}) present |= std::uint64_t{1} << pe;
  put(memory, present, 8);
  pad_to_beat(memory);
  for (const WeightWord& word : row)
    if (word != WeightWord{}) {
      put(memory, word.mask, word_bytes(arch) / 2);
      put(memory, word.sign, word_bytes(arch) / 2);
    }
  pad_to_beat(memory);
}

std::vector<WeightRow> expand_rows(std::span<const std::uint8_t> beats, const arch::Arch& arch,
                                   const std::string& what) {
  const std::size_t bytes = word_bytes(arch), pes = static_cast<std::size_t>(arch.pes_per_group);
  std::vector<WeightRow> rows;
  std::size_t at = 0;
  while (at < beats.size()) {
    const std::uint64_t present = take(&beats[at], 8);
    WD_REQUIRE(take(&beats[at + 8], 8) == 0 && (pes == 64 || present >> pes == 0), what, "row ", rows.size(),
               ": header beat is corrupted");
    at += beat_bytes;
    const std::size_t words = static_cast<std::size_t>(__builtin_popcountll(present));
    const std::size_t length = (words * bytes + beat_bytes - 1) / beat_bytes * beat_bytes;
    WD_REQUIRE(length <= beats.size() - at, what, "row ", rows.size(), " of ", words, " words is cut off");
    WeightRow row(pes);
    std::size_t next = at;
    for (std::size_t pe = 0; pe < pes; ++pe)
      if (present >> pe & 1) {
        row[pe] = {take(&beats[next], bytes / 2), take(&beats[next + bytes / 2], bytes / 2)};
        next += bytes;
      }
    for (; next < at + length; ++next)
      WD_REQUIRE(beats[next] == 0, what, "row ", rows.size(), ": padding is not zero");
    at += length;
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace wd::program
