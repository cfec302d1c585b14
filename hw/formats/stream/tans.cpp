// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/stream/tans.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "hw/formats/stream/stream_end.hpp"
#include "hw/formats/stream/token_decoder.hpp"

namespace wd::stream {
namespace {

constexpr std::uint32_t state_count = 1U << tans_log;

/// The symbol of each state: every symbol's states spread evenly.
std::vector<std::uint16_t> spread(std::span<const std::uint16_t> frequencies) {
  constexpr std::uint32_t step = (state_count >> 1) + (state_count >> 3) + 3;  // odd: it visits every state
  std::vector<std::uint16_t> symbols(state_count);
  std::uint32_t place = 0;
  for (std::size_t symbol = 0; symbol < frequencies.size(); ++symbol)
    for (int i = 0; i < frequencies[symbol]; ++i) {
      symbols[place] = static_cast<std::uint16_t>(symbol);
      place = (place + step) & (state_count - 1);
    }
  return symbols;
}

/// An upper bound of the bits that these counts take.
double coded_bits(std::span<const std::uint64_t> counts, std::span<const std::uint16_t> frequencies) {
  double bits = 0;
  for (std::size_t symbol = 0; symbol < counts.size(); ++symbol)
    if (counts[symbol] > 0)
      bits += static_cast<double>(counts[symbol]) * (tans_log - std::log2(frequencies[symbol]));
  return bits;
}

}  // namespace

std::vector<std::uint16_t> scale_counts(std::span<const std::uint64_t> counts, std::uint32_t total) {
  const std::uint64_t sum = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  std::vector<std::uint16_t> result(counts.size(), 0);
  if (sum == 0) return result;
  std::int64_t left = total;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    const double share = static_cast<double>(counts[i]) / static_cast<double>(sum) * total;
    result[i] = static_cast<std::uint16_t>(std::max(1.0, std::floor(share)));
    left -= result[i];
  }
  // What is left over or short goes, one by one, where a step changes the coded size the least.
  while (left != 0) {
    const int change = left > 0 ? 1 : -1;
    std::size_t best = 0;
    double best_gain = -1e300;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if (counts[i] == 0 || result[i] + change < 1) continue;
      const double gain =
          static_cast<double>(counts[i]) * std::log2(1 + change / static_cast<double>(result[i]));
      if (gain <= best_gain) continue;
      best_gain = gain;
      best = i;
    }
    result[best] = static_cast<std::uint16_t>(result[best] + change);
    left -= change;
  }
  return result;
}

void TansTable::write(Bytes& out) const {
  out.push_back(static_cast<std::uint8_t>(run_log));
  BitWriter writer(out);
  for (const std::uint16_t frequency : frequencies) {  // Elias gamma of frequency + 1
    const unsigned value = frequency + 1U;
    const int length = std::bit_width(value);
    writer.put(0, length - 1);
    writer.put(value, length);
  }
}

TansTable best_tans(const TokenHistogram& histogram, const WeightKinds& kinds) {
  TansTable best;
  double best_bytes = 0;
  for (int run_log = 0; run_log <= max_run_log; ++run_log) {
    const std::vector<std::uint64_t> counts = histogram.symbols(run_log, kinds);
    const auto used = std::count_if(counts.begin(), counts.end(), [](std::uint64_t c) { return c > 0; });
    if (used > static_cast<std::ptrdiff_t>(state_count / 2)) continue;
    TansTable table{kinds, run_log, scale_counts(counts, state_count)};
    Bytes written;
    table.write(written);
    const double bytes = static_cast<double>(written.size()) + coded_bits(counts, table.frequencies) / 8;
    if (run_log > 0 && bytes >= best_bytes) continue;
    best_bytes = bytes;
    best = std::move(table);
  }
  return best;
}

TansTable read_tans(std::span<const std::uint8_t> bytes, std::size_t& at, const WeightKinds& kinds,
                    const std::string& origin) {
  WD_REQUIRE(at < bytes.size(), origin, ": ends at byte ", bytes.size(), ", before its table of frequencies");
  TansTable table{kinds, bytes[at], {}};
  WD_REQUIRE(table.run_log <= max_run_log, origin, ": the run limit at byte ", at, " is 2^", table.run_log,
             ", at most 2^", max_run_log, " is possible; the table is corrupted");
  const std::size_t symbols = 1 + (kinds.count() << table.run_log), begin = at + 1;
  BitReader in(bytes.subspan(begin));
  std::uint32_t sum = 0;
  for (std::size_t symbol = 0; symbol < symbols; ++symbol) {
    const std::uint64_t word = in.peek_word();
    const int zeros = word == 0 ? 64 : std::countl_zero(word), length = 2 * zeros + 1;
    WD_REQUIRE(zeros <= tans_log && in.skip(length), origin, ": the table of ", symbols,
               " frequencies is cut short or corrupted at symbol ", symbol);
    const auto frequency = static_cast<std::uint32_t>(word >> (64 - length)) - 1;
    sum += frequency;
    WD_REQUIRE(sum <= state_count, origin, ": the frequencies up to symbol ", symbol, " add up to ", sum,
               ", above ", state_count, "; the table is corrupted");
    table.frequencies.push_back(static_cast<std::uint16_t>(frequency));
  }
  WD_REQUIRE(sum == state_count, origin, ": the frequencies add up to ", sum, ", must be ", state_count,
             "; the table is corrupted");
  const auto padding = static_cast<int>((8 - in.position() % 8) % 8);
  if (padding > 0) {
    const std::uint64_t rest = in.peek_word() >> (64 - padding);
    WD_REQUIRE(in.skip(padding) && rest == 0, origin,
               ": the padding behind the table of frequencies is not zero");
  }
  at = begin + in.position() / 8;
  return table;
}

TansEncoder::TansEncoder(const TansTable& table)
    : kinds_(table.kinds),
      run_log_(table.run_log),
      frequencies_(table.frequencies),
      first_(table.frequencies.size(), 0),
      slots_(state_count) {
  for (std::size_t symbol = 1; symbol < first_.size(); ++symbol)
    first_[symbol] = static_cast<std::uint16_t>(first_[symbol - 1] + frequencies_[symbol - 1]);
  const std::vector<std::uint16_t> symbols = spread(frequencies_);
  std::vector<std::uint16_t> next = first_;
  for (std::uint32_t state = 0; state < state_count; ++state)
    slots_[next[symbols[state]]++] = static_cast<std::uint16_t>(state);
}

void TansEncoder::encode(std::span<const std::uint32_t> tokens, std::size_t zeros_at_end, Bytes& out) const {
  if (tokens.empty() && zeros_at_end == 0) return;
  struct Piece {
    std::uint16_t value;
    std::uint8_t bits;
  };
  std::vector<Piece> pieces;  // from the last symbol to the first
  std::uint32_t state = state_count;
  const auto push = [&](std::size_t symbol) {
    const std::uint32_t frequency = frequencies_[symbol];
    int bits = tans_log + 1 - std::bit_width(frequency);
    if (state >> bits < frequency) --bits;
    pieces.push_back(
        {static_cast<std::uint16_t>(state & ((1U << bits) - 1)), static_cast<std::uint8_t>(bits)});
    state = state_count + slots_[first_[symbol] + ((state >> bits) - frequency)];
  };
  const std::size_t run_limit = std::size_t{1} << run_log_;
  for (std::size_t left = zeros_at_end; left > 0; left -= std::min(left, run_limit)) push(0);
  for (std::size_t i = tokens.size(); i-- > 0;) {
    const std::size_t run = tokens[i] >> kind_bits, kind = tokens[i] & ((1U << kind_bits) - 1);
    push(1 + (run & (run_limit - 1)) * kinds_.count() + kind);
    for (std::size_t escapes = run >> run_log_; escapes > 0; --escapes) push(0);
  }
  BitWriter writer(out, pieces.size());
  writer.put(state - state_count, tans_log);
  for (auto piece = pieces.rbegin(); piece != pieces.rend(); ++piece) writer.put(piece->value, piece->bits);
}

TansDecoder::TansDecoder(const TansTable& table) : run_limit_(std::size_t{1} << table.run_log) {
  const std::vector<std::uint16_t> symbols = spread(table.frequencies);
  std::vector<std::uint32_t> next(table.frequencies.begin(), table.frequencies.end());
  states_.resize(state_count);
  const std::size_t kinds = table.kinds.count();
  for (std::uint32_t state = 0; state < state_count; ++state) {
    const std::size_t symbol = symbols[state], kind = symbol == 0 ? 0 : (symbol - 1) % kinds;
    const std::uint32_t rank = next[symbol]++;
    const int bits = tans_log + 1 - std::bit_width(rank);
    states_[state] = {
        static_cast<std::uint16_t>(symbol), static_cast<std::uint16_t>((rank << bits) - state_count),
        static_cast<std::uint8_t>(bits), static_cast<std::uint8_t>(symbol == 0 ? 0 : (symbol - 1) / kinds),
        static_cast<std::uint8_t>(table.kinds.level(kind) | table.kinds.sign(kind) * sign_bit)};
  }
}

void TansDecoder::decode(std::span<const std::uint8_t> stream, std::span<std::uint8_t> out,
                         const std::string& origin) const {
  const std::size_t count = out.size();
  BitReader in(stream);
  if (count > 0) {
    std::size_t state = in.peek_word() >> (64 - tans_log), at = 0;
    WD_REQUIRE(in.skip(tans_log), origin, ": ends early, inside of its first state");
    while (at < count) {
      const std::uint64_t position = in.position();
      const State& entry = states_[state];
      const std::uint64_t word = in.peek_word();
      WD_REQUIRE(in.skip(entry.bits), origin, ": ends early at bit ", position, " of the stream, weight ", at,
                 " of ", count);
      state = entry.base + (entry.bits == 0 ? 0 : word >> (64 - entry.bits));
      if (entry.symbol == 0) {
        at += std::min(run_limit_, count - at);
        continue;
      }
      WD_REQUIRE(entry.run < count - at, origin, ": a run of ", int{entry.run}, " zeros at bit ", position,
                 " of the stream, weight ", at, ", passes the end at ", count);
      at += entry.run;
      out[at++] = entry.value;
    }
    WD_REQUIRE(state == 0, origin, ": ends in state ", state, ", must be 0; the stream is corrupted");
  }
  require_end(in, origin);
}

}  // namespace wd::stream
