// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/stream/code_table.hpp"

#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "hw/formats/stream/huffman.hpp"

namespace wd::stream {
namespace {

/// Calls visit(symbol, neighbour) for each symbol after the escape, kind by kind, in the order of the written table;
/// the neighbour's length is likely to be close.
template <typename Visit>
void for_each_symbol(const WeightKinds& kinds, std::size_t run_limit, Visit visit) {
  const std::size_t count = kinds.count();
  for (std::size_t kind = 0; kind < count; ++kind)
    for (std::size_t run = 0; run < run_limit; ++run) {
      const std::size_t symbol = 1 + run * count + kind;
      visit(symbol, run > 0 ? symbol - count : symbol - 1);
    }
}

}  // namespace

std::uint64_t CodeTable::payload_bits(const TokenHistogram& histogram) const {
  const std::vector<std::uint64_t> counts = histogram.symbols(run_log, kinds);
  std::uint64_t bits = 0;
  for (std::size_t symbol = 0; symbol < counts.size(); ++symbol) {
    if (counts[symbol] > 0 && lengths[symbol] == 0) return std::numeric_limits<std::uint64_t>::max();
    bits += counts[symbol] * lengths[symbol];
  }
  return bits;
}

void CodeTable::write(Bytes& out) const {
  out.push_back(static_cast<std::uint8_t>(run_log));
  BitWriter writer(out);
  writer.put(lengths[0], 4);
  for_each_symbol(kinds, run_limit(), [&](std::size_t symbol, std::size_t neighbour) {
    const int length = lengths[symbol], change = length - lengths[neighbour];
    if (change == 0)
      writer.put(0, 1);
    else if (change == 1)
      writer.put(0b10, 2);
    else if (change == -1)
      writer.put(0b110, 3);
    else
      writer.put(0b111'0000U | static_cast<unsigned>(length), 7);
  });
}

std::size_t CodeTable::bytes() const {
  Bytes out;
  write(out);
  return out.size();
}

namespace {

/// Counts as they would be if weights were independent: their table is regular, and so smaller to write.
std::vector<std::uint64_t> smooth(const std::vector<std::uint64_t>& counts, std::size_t run_limit,
                                  const WeightKinds& kinds) {
  const std::size_t kind_count = kinds.count();
  std::vector<double> of_kind(kind_count, 0);
  double ones = 0, zeros = static_cast<double>(run_limit) * static_cast<double>(counts[0]);
  for (std::size_t run = 0; run < run_limit; ++run)
    for (std::size_t kind = 0; kind < kind_count; ++kind) {
      const auto times = static_cast<double>(counts[1 + run * kind_count + kind]);
      of_kind[kind] += times;
      ones += times;
      zeros += times * static_cast<double>(run);
    }
  std::vector<std::uint64_t> result(counts.size(), 0);
  if (ones == 0) return counts;
  const double zero_share = zeros / (zeros + ones);
  constexpr double scale = 0x1p20;  // fine enough for the rarest symbol
  result[0] = counts[0] == 0 ? 0 : static_cast<std::uint64_t>(static_cast<double>(counts[0]) * scale);
  double share =
      run_limit == 1 ? 1 : (1 - zero_share) / (1 - std::pow(zero_share, static_cast<double>(run_limit)));
  for (std::size_t run = 0; run < run_limit; ++run, share *= zero_share)
    for (std::size_t kind = 0; kind < kind_count; ++kind)
      if (of_kind[kind] > 0)
        result[1 + run * kind_count + kind] = 1 + static_cast<std::uint64_t>(of_kind[kind] * share * scale);
  return result;
}

}  // namespace

CodeTable best_table(const TokenHistogram& histogram, const WeightKinds& kinds) {
  CodeTable best;
  std::uint64_t best_bytes = 0;
  for (int run_log = 0; run_log <= max_run_log; ++run_log) {
    const std::vector<std::uint64_t> counts = histogram.symbols(run_log, kinds);
    for (const std::vector<std::uint64_t>& shares :
         {counts, smooth(counts, std::size_t{1} << run_log, kinds)}) {
      CodeTable table{kinds, run_log, code_lengths(shares)};
      const std::uint64_t bytes = table.bytes() + (table.payload_bits(histogram) + 7) / 8;
      if (best_bytes > 0 && bytes >= best_bytes) continue;
      best_bytes = bytes;
      best = std::move(table);
    }
  }
  return best;
}

CodeTable read_table(std::span<const std::uint8_t> bytes, std::size_t& at, const WeightKinds& kinds,
                     const std::string& origin) {
  WD_REQUIRE(at < bytes.size(), origin, ": ends at byte ", bytes.size(), ", before its code table");
  const int run_log = bytes[at];
  WD_REQUIRE(run_log <= max_run_log, origin, ": the run limit at byte ", at, " is 2^", run_log,
             ", at most 2^", max_run_log, " is possible; the table is corrupted");
  CodeTable table{kinds, run_log, {}};
  table.lengths.resize(1 + table.run_limit() * kinds.count());
  const std::size_t begin = at + 1;
  BitReader in(bytes.subspan(begin));
  const auto take = [&](int bits) {
    const auto value = static_cast<int>(in.peek() >> (BitReader::window_bits - bits));
    WD_REQUIRE(in.skip(bits), origin, ": ends at byte ", bytes.size(), ", inside of the table of ",
               table.lengths.size(), " code lengths");
    return value;
  };
  table.lengths[0] = static_cast<std::uint8_t>(take(4));
  for_each_symbol(kinds, table.run_limit(), [&](std::size_t symbol, std::size_t neighbour) {
    int length = table.lengths[neighbour];
    if (take(1) != 0) {
      if (take(1) == 0)
        ++length;
      else if (take(1) == 0)
        --length;
      else
        length = take(4);
    }
    WD_REQUIRE(length >= 0 && length <= max_code_bits, origin, ": symbol ", symbol, " has a code of ", length,
               " bits, must be 0 to ", max_code_bits, "; the table is corrupted");
    table.lengths[symbol] = static_cast<std::uint8_t>(length);
  });
  const auto padding = static_cast<int>((8 - in.position() % 8) % 8);
  WD_REQUIRE(padding == 0 || take(padding) == 0, origin, ": the padding before byte ",
             begin + (in.position() + 7) / 8, " is not zero; the table is corrupted");
  at = begin + in.position() / 8;
  check_lengths(table.lengths, origin);
  return table;
}

}  // namespace wd::stream
