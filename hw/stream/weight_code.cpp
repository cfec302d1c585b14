// SPDX-License-Identifier: Apache-2.0
#include "hw/stream/weight_code.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "base/error.hpp"
#include "hw/stream/huffman.hpp"

namespace wd::stream {
namespace {

constexpr int max_coats = 7;

/// Calls visit(run, kind) for each non-zero weight; returns the zeros after the last one.
/// kind = (level - 1) * S + sign.
template <typename Visit>
std::size_t for_each_weight(std::span<const std::uint8_t> levels, std::span<const std::uint8_t> signs,
                            Visit visit) {
  std::size_t run = 0;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    if (levels[i] == 0) {
      ++run;
      continue;
    }
    const std::size_t level = std::size_t{levels[i]} - 1;
    visit(run, signs.empty() ? level : level * 2 + signs[i]);
    run = 0;
  }
  return run;
}

/// How often each run (modulo the largest R) and kind occur. Every smaller R divides the largest, so
/// that the counts for any R follow without another pass.
struct Histogram {
  std::size_t kinds;
  std::vector<std::uint64_t> counts;  // [run % 128][kind]
  std::uint64_t full_runs = 0;        // the sum of run / 128
  std::uint64_t zeros_at_end = 0;

  Histogram(std::span<const std::uint8_t> levels, std::span<const std::uint8_t> signs, std::size_t kind_count)
      : kinds(kind_count), counts(max_run_limit * kinds, 0) {
    zeros_at_end = for_each_weight(levels, signs, [&](std::size_t run, std::size_t kind) {
      ++counts[run % max_run_limit * kinds + kind];
      full_runs += run / max_run_limit;
    });
  }

  std::vector<std::uint64_t> symbols(std::size_t run_limit) const {
    std::vector<std::uint64_t> result(1 + run_limit * kinds, 0);
    result[0] = full_runs * (max_run_limit / run_limit) + (zeros_at_end + run_limit - 1) / run_limit;
    for (std::size_t run = 0; run < max_run_limit; ++run)
      for (std::size_t kind = 0; kind < kinds; ++kind) {
        const std::uint64_t count = counts[run * kinds + kind];
        result[0] += count * (run / run_limit);
        result[1 + run % run_limit * kinds + kind] += count;
      }
    return result;
  }
};

struct Plan {
  std::size_t run_limit = 0;
  std::vector<std::uint8_t> lengths;
  std::uint64_t bytes = 0;
};

/// The R, with its code, of the fewest bytes; the smaller one of equals, for a smaller table.
Plan best_plan(const Histogram& histogram) {
  Plan best;
  for (std::size_t run_limit = 1; run_limit <= max_run_limit; run_limit *= 2) {
    const std::vector<std::uint64_t> counts = histogram.symbols(run_limit);
    Plan plan{run_limit, code_lengths(counts), 0};
    std::uint64_t bits = 0;
    for (std::size_t symbol = 0; symbol < counts.size(); ++symbol)
      bits += counts[symbol] * plan.lengths[symbol];
    plan.bytes = 1 + (counts.size() + 1) / 2 + (bits + 7) / 8;
    if (best.run_limit == 0 || plan.bytes < best.bytes) best = std::move(plan);
  }
  return best;
}

std::size_t kind_count(int coats, bool has_signs) {
  WD_REQUIRE(coats >= 1 && coats <= max_coats, "weight code: ", coats, " coats, must be 1 to ", max_coats);
  return static_cast<std::size_t>(coats) * (has_signs ? 2 : 1);
}

struct Token {
  std::uint8_t run, level, sign;
};

}  // namespace

Bytes encode_weights(std::span<const std::uint8_t> levels, std::span<const std::uint8_t> signs, int coats) {
  const std::size_t kinds = kind_count(coats, !signs.empty());
  WD_REQUIRE(!levels.empty(), "weight code: there are no weights to encode");
  WD_REQUIRE(signs.empty() || signs.size() == levels.size(), "weight code: ", signs.size(), " signs for ",
             levels.size(), " weights");
  for (std::size_t i = 0; i < levels.size(); ++i)
    WD_REQUIRE(levels[i] <= coats, "weight code: weight ", i, " has level ", int{levels[i]}, " with ", coats,
               " coats");
  for (std::size_t i = 0; i < signs.size(); ++i)
    WD_REQUIRE(signs[i] <= 1, "weight code: weight ", i, " has sign ", int{signs[i]}, ", must be 0 or 1");

  const Plan plan = best_plan(Histogram(levels, signs, kinds));
  const std::vector<std::uint16_t> codes = canonical_codes(plan.lengths);
  Bytes bytes;
  bytes.push_back(static_cast<std::uint8_t>(plan.run_limit));
  for (std::size_t symbol = 0; symbol < plan.lengths.size(); symbol += 2) {
    const std::uint8_t high = symbol + 1 < plan.lengths.size() ? plan.lengths[symbol + 1] : 0;
    bytes.push_back(static_cast<std::uint8_t>(plan.lengths[symbol] | high << 4));
  }
  BitWriter out;
  const auto put = [&](std::size_t symbol) { out.put(codes[symbol], plan.lengths[symbol]); };
  std::size_t left = for_each_weight(levels, signs, [&](std::size_t run, std::size_t kind) {
    for (; run >= plan.run_limit; run -= plan.run_limit) put(0);
    put(1 + run * kinds + kind);
  });
  for (; left > 0; left -= std::min(left, plan.run_limit)) put(0);
  const Bytes coded = out.finish();
  bytes.insert(bytes.end(), coded.begin(), coded.end());
  WD_ASSERT(bytes.size() == plan.bytes);
  return bytes;
}

WeightArray decode_weights(std::span<const std::uint8_t> bytes, std::size_t count, int coats, bool has_signs,
                           const std::string& origin) {
  const std::size_t kinds = kind_count(coats, has_signs);
  WD_REQUIRE(count > 0, origin, ": there are no weights to decode");
  WD_REQUIRE(!bytes.empty(), origin, ": empty, must begin with the run limit at byte 0");
  const std::size_t run_limit = bytes[0];
  WD_REQUIRE(run_limit <= max_run_limit && std::has_single_bit(run_limit), origin,
             ": the run limit at byte 0 is ", run_limit, ", must be a power of two up to ", max_run_limit);
  std::vector<std::uint8_t> lengths(1 + run_limit * kinds);
  const std::size_t table_end = 1 + (lengths.size() + 1) / 2;
  WD_REQUIRE(bytes.size() >= table_end, origin, ": ends at byte ", bytes.size(), ", inside of the table of ",
             lengths.size(), " code lengths");
  for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol)
    lengths[symbol] = bytes[1 + symbol / 2] >> symbol % 2 * 4 & 15;
  WD_REQUIRE(lengths.size() % 2 == 0 || bytes[table_end - 1] >> 4 == 0, origin, ": the unused half of byte ",
             table_end - 1, " is not zero; the table is corrupted");
  const HuffmanDecoder decoder(lengths, origin);

  std::vector<Token> tokens(lengths.size());
  for (std::size_t symbol = 1; symbol < tokens.size(); ++symbol) {
    const std::size_t kind = (symbol - 1) % kinds;
    tokens[symbol] = {static_cast<std::uint8_t>((symbol - 1) / kinds),
                      static_cast<std::uint8_t>((has_signs ? kind / 2 : kind) + 1),
                      static_cast<std::uint8_t>(has_signs ? kind % 2 : 0)};
  }

  BitReader in(bytes.subspan(table_end));
  // A bit can stand for R weights at most: a hostile count is refused before memory is taken.
  WD_REQUIRE(count <= in.size() * run_limit, origin, ": ends early: ", in.size(), " bits cannot hold ", count,
             " weights");
  WeightArray result{std::vector<std::uint8_t>(count, 0),
                     std::vector<std::uint8_t>(has_signs ? count : 0, 0)};
  std::size_t at = 0;
  while (at < count) {
    const std::uint64_t position = in.position();
    const HuffmanDecoder::Match match = decoder.find(in.peek());
    WD_REQUIRE(match.bits != 0, origin, ": no code at bit ", position, " of the stream, weight ", at);
    WD_REQUIRE(in.skip(match.bits), origin, ": ends early at bit ", position, " of the stream, weight ", at,
               " of ", count);
    if (match.symbol == 0) {
      at += std::min(run_limit, count - at);
      continue;
    }
    const Token token = tokens[match.symbol];
    WD_REQUIRE(token.run < count - at, origin, ": a run of ", int{token.run}, " zeros at bit ", position,
               " of the stream, weight ", at, ", passes the end at ", count);
    at += token.run;
    result.levels[at] = token.level;
    if (has_signs) result.signs[at] = token.sign;
    ++at;
  }
  const std::uint64_t end = in.position();
  WD_REQUIRE(in.size() - end < 8, origin, ": goes on after the last weight, at bit ", end,
             " of the stream: ", in.size() - end, " bits are left");
  WD_REQUIRE(in.peek() == 0, origin, ": the padding at bit ", end, " of the stream is not zero");
  return result;
}

double weight_entropy(std::span<const std::uint8_t> levels, std::span<const std::uint8_t> signs) {
  std::array<std::uint64_t, 512> counts{};
  for (std::size_t i = 0; i < levels.size(); ++i)
    ++counts[levels[i] * std::size_t{2} + (signs.empty() || levels[i] == 0 ? 0 : signs[i] & 1)];
  double bits = 0;
  for (const std::uint64_t count : counts)
    if (count != 0) {
      const double share = static_cast<double>(count) / static_cast<double>(levels.size());
      bits -= share * std::log2(share);
    }
  return bits;
}

}  // namespace wd::stream
