// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/stream/tokens.hpp"

#include <array>
#include <bit>
#include <cstring>

#include "base/error.hpp"

namespace wd::stream {
namespace {

/// Bit i is set where byte i of 64 is not 0. All bytes are below 128.
std::uint64_t nonzero_mask(const std::uint8_t* bytes) {
  constexpr std::uint64_t low = 0x7f7f'7f7f'7f7f'7f7f, gather = 0x0102'0408'1020'4080;
  std::uint64_t mask = 0;
  for (std::size_t word = 0; word < 8; ++word) {
    std::uint64_t eight = 0;
    for (std::size_t i = 0; i < 8; ++i) eight |= std::uint64_t{bytes[word * 8 + i]} << (8 * i);
    const std::uint64_t flags = (eight + low) >> 7 & 0x0101'0101'0101'0101;  // 1 in each byte that is not 0
    mask |= (flags * gather >> 56) << (8 * word);
  }
  return mask;
}

}  // namespace

Tokens tokenize(std::span<const std::uint8_t> levels, std::span<const std::uint8_t> signs,
                std::span<const std::size_t> stream_weights) {
  Tokens result;
  std::size_t begin = 0, used = 0;
  for (const std::size_t weights : stream_weights) {
    const std::size_t end = begin + weights, first_token = used;
    WD_ASSERT(end <= levels.size());
    std::size_t next = begin;  // the first weight of the present run
    for (std::size_t at = begin; at < end; at += 64) {
      std::uint64_t mask;
      if (end - at >= 64) {
        mask = nonzero_mask(&levels[at]);
      } else {
        std::array<std::uint8_t, 64> tail{};
        std::memcpy(tail.data(), &levels[at], end - at);
        mask = nonzero_mask(tail.data());
      }
      if (used + 64 > result.tokens.size()) result.tokens.resize(std::max(used + 64, used * 2));
      std::uint32_t* out = result.tokens.data() + used;
      used += static_cast<std::size_t>(std::popcount(mask));
      for (; mask != 0; mask &= mask - 1) {
        const std::size_t place = at + static_cast<std::size_t>(std::countr_zero(mask));
        const unsigned level = levels[place] - 1U;
        const unsigned kind = signs.empty() ? level : level * 2 + signs[place];
        *out++ = static_cast<std::uint32_t>(place - next) << kind_bits | kind;
        next = place + 1;
      }
    }
    result.streams.push_back({used - first_token, end - next, weights});
    begin = end;
  }
  WD_ASSERT(begin == levels.size());
  result.tokens.resize(used);
  return result;
}

TokenHistogram::TokenHistogram(const Tokens& tokens) : TokenHistogram() {
  // Several sets of counters: a token that comes again at once would wait for its own store.
  constexpr std::size_t sets = 4;
  std::vector<std::uint32_t> sums(sets * counts_.size(), 0);
  const std::size_t mask = counts_.size() - 1, count = tokens.tokens.size();
  const std::uint32_t* all = tokens.tokens.data();
  std::uint32_t* set = sums.data();
  std::size_t i = 0;
  for (; i + sets <= count; i += sets)
    for (std::size_t s = 0; s < sets; ++s) {
      ++set[s * (mask + 1) + (all[i + s] & mask)];
      full_runs_ += all[i + s] >> (max_run_log + kind_bits);
    }
  for (; i < count; ++i) {
    ++set[all[i] & mask];
    full_runs_ += all[i] >> (max_run_log + kind_bits);
  }
  for (std::size_t s = 0; s < sets; ++s)
    for (std::size_t c = 0; c <= mask; ++c) counts_[c] += set[s * (mask + 1) + c];
  for (const Tokens::Stream& stream : tokens.streams)
    for (int run_log = 0; run_log <= max_run_log; ++run_log)
      zeros_at_end_[static_cast<std::size_t>(run_log)] +=
          (stream.zeros_at_end + (std::size_t{1} << run_log) - 1) >> run_log;
}

void TokenHistogram::add(const TokenHistogram& other) {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  for (std::size_t i = 0; i < zeros_at_end_.size(); ++i) zeros_at_end_[i] += other.zeros_at_end_[i];
  full_runs_ += other.full_runs_;
}

std::vector<std::uint64_t> TokenHistogram::symbols(int run_log, const WeightKinds& kinds) const {
  const std::size_t run_limit = std::size_t{1} << run_log, kind_count = kinds.count();
  std::vector<std::uint64_t> result(1 + run_limit * kind_count, 0);
  result[0] = (full_runs_ << (max_run_log - run_log)) + zeros_at_end_[static_cast<std::size_t>(run_log)];
  for (std::size_t run = 0; run < std::size_t{1} << max_run_log; ++run)
    for (std::size_t kind = 0; kind < kind_count; ++kind) {
      const std::uint64_t times = count(run, kind);
      result[0] += times * (run >> run_log);
      result[1 + (run & (run_limit - 1)) * kind_count + kind] += times;
    }
  return result;
}

}  // namespace wd::stream
