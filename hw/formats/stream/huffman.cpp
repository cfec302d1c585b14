// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/stream/huffman.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace wd::stream {
namespace {

static_assert(BitReader::window_bits == max_code_bits);

using LengthTable = std::array<std::uint32_t, max_code_bits + 1>;

/// How many symbols have each length; entry 0 stays 0.
LengthTable count_lengths(std::span<const std::uint8_t> lengths) {
  LengthTable counts{};
  for (const std::uint8_t length : lengths)
    if (length != 0) ++counts[length];
  return counts;
}

/// The first code of each length.
LengthTable first_codes(const LengthTable& counts) {
  LengthTable first{};
  for (std::size_t length = 1; length < first.size(); ++length)
    first[length] = (first[length - 1] + counts[length - 1]) << 1;
  return first;
}

}  // namespace

std::vector<std::uint8_t> code_lengths(std::span<const std::uint64_t> counts, int limit) {
  WD_ASSERT(limit >= 1 && limit <= max_code_bits);
  std::vector<std::uint8_t> lengths(counts.size(), 0);
  std::vector<std::size_t> order;
  for (std::size_t symbol = 0; symbol < counts.size(); ++symbol)
    if (counts[symbol] != 0) order.push_back(symbol);
  WD_ASSERT(order.size() <= std::size_t{1} << limit);
  if (order.size() == 1) lengths[order[0]] = 1;
  if (order.size() < 2) return lengths;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return counts[a] < counts[b]; });

  // Round k merges the symbols with the pairs of round k - 1's list, by weight. All that has to be
  // remembered is which entries are symbols.
  std::vector<std::vector<bool>> is_symbol;
  std::vector<std::uint64_t> previous;
  for (int round = 0; round < limit; ++round) {
    std::vector<std::uint64_t> merged;
    std::vector<bool> flags;
    std::size_t symbol = 0, pair = 0;
    while (symbol < order.size() || pair + 1 < previous.size()) {
      const bool pairs_left = pair + 1 < previous.size();
      const std::uint64_t packed = pairs_left ? previous[pair] + previous[pair + 1] : 0;
      const bool take_symbol = symbol < order.size() && (!pairs_left || counts[order[symbol]] <= packed);
      merged.push_back(take_symbol ? counts[order[symbol]] : packed);
      flags.push_back(take_symbol);
      if (take_symbol)
        ++symbol;
      else
        pair += 2;
    }
    is_symbol.push_back(std::move(flags));
    previous = std::move(merged);
  }
  // The cheapest 2 n - 2 entries of the last list: a symbol's length is how often it is among them,
  // directly or inside of pairs.
  std::size_t take = 2 * order.size() - 2;
  for (auto flags = is_symbol.rbegin(); flags != is_symbol.rend(); ++flags) {
    const auto chosen = static_cast<std::size_t>(
        std::count(flags->begin(), flags->begin() + static_cast<std::ptrdiff_t>(take), true));
    for (std::size_t i = 0; i < chosen; ++i) ++lengths[order[i]];
    take = 2 * (take - chosen);
  }
  return lengths;
}

void check_lengths(std::span<const std::uint8_t> lengths, const std::string& origin) {
  std::uint64_t kraft = 0, used = 0;
  for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol) {
    const int length = lengths[symbol];
    WD_REQUIRE(length <= max_code_bits, origin, ": symbol ", symbol, " has a code of ", length,
               " bits, at most ", max_code_bits, " are possible; the table is corrupted");
    if (length == 0) continue;
    kraft += std::uint64_t{1} << (max_code_bits - length);
    ++used;
  }
  constexpr std::uint64_t full = std::uint64_t{1} << max_code_bits;
  if (kraft == full || (used == 1 && kraft == full / 2)) return;
  fail(origin, ": the Huffman code lengths of ", used, " of ", lengths.size(), " symbols are ",
       used == 0 ? "all zero" : (kraft > full ? "over-subscribed" : "incomplete"), " (Kraft sum ", kraft,
       " of ", full, "); the table is corrupted");
}

std::vector<std::uint16_t> canonical_codes(std::span<const std::uint8_t> lengths) {
  LengthTable next = first_codes(count_lengths(lengths));
  std::vector<std::uint16_t> codes(lengths.size(), 0);
  for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol)
    if (lengths[symbol] != 0) codes[symbol] = static_cast<std::uint16_t>(next[lengths[symbol]]++);
  return codes;
}

HuffmanDecoder::HuffmanDecoder(std::span<const std::uint8_t> lengths, const std::string& origin) {
  check_lengths(lengths, origin);
  const LengthTable counts = count_lengths(lengths);
  const LengthTable first = first_codes(counts);
  std::uint32_t index = 0;
  for (std::size_t length = 1; length < first.size(); ++length) {
    end_[length] = (first[length] + counts[length]) << (max_code_bits - length);
    offset_[length] = index - first[length];
    index += counts[length];
  }
  symbols_.resize(index);
  const std::vector<std::uint16_t> codes = canonical_codes(lengths);
  for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol) {
    const std::uint8_t length = lengths[symbol];
    if (length == 0) continue;
    symbols_[codes[symbol] + offset_[length]] = static_cast<std::uint16_t>(symbol);
    if (length > short_bits) continue;
    const std::size_t begin = std::size_t{codes[symbol]} << (short_bits - length);
    std::fill_n(short_codes_.begin() + static_cast<std::ptrdiff_t>(begin),
                std::size_t{1} << (short_bits - length), Match{static_cast<std::uint16_t>(symbol), length});
  }
}

HuffmanDecoder::Match HuffmanDecoder::find_long(std::uint32_t window) const {
  for (int length = short_bits + 1; length <= max_code_bits; ++length) {
    const auto at = static_cast<std::size_t>(length);
    if (window < end_[at])
      return {symbols_[(window >> (max_code_bits - length)) + offset_[at]],
              static_cast<std::uint8_t>(length)};
  }
  return {0, 0};
}

}  // namespace wd::stream
