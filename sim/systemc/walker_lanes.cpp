// SPDX-License-Identifier: Apache-2.0
// Loops of constant length over plain arrays, which the compiler turns into vectors.
#include "sim/systemc/walker_lanes.hpp"

#include <bit>
#include <cstring>

#include "base/error.hpp"
#include "base/target_clones.hpp"
#include "hw/numerics/fp8.hpp"

// A processor's name ("arch=skylake-avx512") would choose for that processor alone, not for its successors.
#define WD_VECTORS WD_TARGET_CLONES("arch=x86-64-v4", "avx2", "default")

namespace wd::sim::systemc {
namespace {

static_assert(std::int64_t{fold_cycles} * 7 * (15 << 14) < std::int64_t{1} << 31);

[[gnu::always_inline]] inline std::uint64_t nonzero(const std::uint16_t* values) {
  std::uint8_t some[max_pes];
  for (int i = 0; i < max_pes; ++i) some[i] = values[i] != 0;
  std::uint64_t words[max_pes / 8];
  std::memcpy(words, some, sizeof some);
  std::uint64_t result = 0;
  // The flag in byte i of a word goes to bit i of the top byte.
  for (int i = 0; i < max_pes / 8; ++i) result |= words[i] * 0x0102'0408'1020'4080 >> 56 << 8 * i;
  return result;
}

/// What the walkers pick: the lowest position, one-hot, and its weight; without a position, zero.
struct alignas(64) Picks {
  std::uint16_t position[max_pes], weight[max_pes];
  std::int32_t factor[max_pes];  // with its sign
};

[[gnu::always_inline]] inline void pick(WalkedRows& rows, Picks& picks) {
  for (std::size_t i = 0; i < max_pes; ++i) {
    const auto lowest = static_cast<std::uint16_t>(rows.rem[i] & -rows.rem[i]);
    rows.rem[i] ^= lowest;
    std::uint16_t magnitude = 0;
    for (std::size_t plane = 0; plane < max_planes; ++plane)
      magnitude |= (rows.words.masks[plane][i] & lowest) != 0 ? 1 << plane : 0;
    magnitude = static_cast<std::uint16_t>(magnitude * rows.scale[i]);
    const auto sign = static_cast<std::int16_t>((rows.words.negative[i] & lowest) != 0 ? -1 : 0);
    picks.position[i] = lowest;
    picks.weight[i] = magnitude;
    picks.factor[i] = static_cast<std::int16_t>((magnitude ^ sign) - sign);
  }
}

/// sum += units * factor, for q lanes.
template <int q>
[[gnu::always_inline]] inline void add_product(std::int32_t* sum, const std::int32_t* units,
                                               std::int32_t factor) {
  typedef std::int32_t Lanes
      __attribute__((vector_size(4 * q)));  // left to itself, the compiler unrolls this
  Lanes to, from;
  std::memcpy(&to, sum, sizeof to);
  std::memcpy(&from, units, sizeof from);
  to += from * factor;
  std::memcpy(sum, &to, sizeof to);
}

template <int q>
[[gnu::always_inline]] inline Walked walk(WalkedRows& rows, const EntryUnits& entries, int first,
                                          PeLanes& lanes) {
  Picks picks;
  pick(rows, picks);
  Walked walked;
  walked.finished = ~nonzero(rows.rem.data());
  walked.valid = nonzero(picks.weight);
  for (std::uint64_t left = walked.valid; left != 0; left &= left - 1) {
    const auto channel = static_cast<std::size_t>(std::countr_zero(left));
    const auto at = static_cast<std::size_t>(rows.place[channel] +
                                             __builtin_ctz(picks.position[channel]) * groups + first);
    add_product<q>(&lanes.recent[channel * groups + static_cast<std::size_t>(first)], &entries.units[at],
                   picks.factor[channel]);
    walked.operands += entries.operands[at];
  }
  return walked;
}

// target_clones and templates do not go together.
#define WD_WALK(q)                                                                                    \
  WD_VECTORS Walked walk##q(WalkedRows& rows, const EntryUnits& entries, int first, PeLanes& lanes) { \
    return walk<q>(rows, entries, first, lanes);                                                      \
  }
WD_WALK(1)
WD_WALK(2)
WD_WALK(4)
WD_WALK(8)
WD_WALK(16)
#undef WD_WALK

/// Where `takes` is all ones, the next value.
[[gnu::always_inline]] inline void choose(std::uint16_t* __restrict values,
                                          const std::uint16_t* __restrict next,
                                          const std::uint16_t* __restrict takes) {
  for (int i = 0; i < max_pes; ++i)
    values[i] = static_cast<std::uint16_t>(values[i] ^ ((values[i] ^ next[i]) & takes[i]));
}
[[gnu::always_inline]] inline void choose(std::uint16_t* __restrict values, std::uint16_t next,
                                          const std::uint16_t* __restrict takes) {
  for (int i = 0; i < max_pes; ++i)
    values[i] = static_cast<std::uint16_t>(values[i] ^ ((values[i] ^ next) & takes[i]));
}

using Bytes = std::array<std::uint8_t, entry_size>;

/// 16 x 16 bytes: each round moves the highest bit of a byte's index to the lowest place.
[[gnu::always_inline]] inline Bytes transposed(Bytes bytes) {
  constexpr std::size_t half = std::tuple_size_v<Bytes> / 2;
  for (int round = 0; round < 4; ++round) {
    Bytes next;
    for (std::size_t i = 0; i < half; ++i) {
      next[2 * i] = bytes[i];
      next[2 * i + 1] = bytes[i + half];
    }
    bytes = next;
  }
  return bytes;
}

}  // namespace

WalkStep walk_step(int groups_per_walker) {
  switch (groups_per_walker) {
    case 1:
      return walk1;
    case 2:
      return walk2;
    case 4:
      return walk4;
    case 8:
      return walk8;
    default:
      WD_ASSERT(groups_per_walker == groups);
      return walk16;
  }
}

WD_VECTORS void take_row(WalkedRows& rows, std::uint64_t channels,
                         const std::array<std::uint16_t, max_pes>& work, const RowWords& words, int plane,
                         int entry) {
  std::uint16_t takes[max_pes];  // all ones, or none
  for (std::size_t i = 0; i < max_pes; ++i) {
    const auto part = static_cast<std::uint16_t>(channels >> i / 16 * 16);
    takes[i] = (part & 1u << i % 16) != 0 ? 0xffff : 0;
  }
  choose(rows.rem.data(), work.data(), takes);
  for (std::size_t p = 0; p < max_planes; ++p)
    choose(rows.words.masks[p].data(), words.masks[p].data(), takes);
  choose(rows.words.negative.data(), words.negative.data(), takes);
  choose(rows.scale.data(), static_cast<std::uint16_t>(1 << plane), takes);
  choose(rows.place.data(), static_cast<std::uint16_t>(entry * entry_size), takes);
}

WD_VECTORS std::uint64_t fold_sums(PeLanes& lanes, std::int64_t bias) {
  std::uint64_t outside = 0;
  for (std::size_t i = 0; i < lane_count; ++i) {
    lanes.sum[i] += lanes.recent[i];
    outside |= static_cast<std::uint64_t>(lanes.sum[i] + bias);
  }
  lanes.recent = {};
  return outside;
}

WD_VECTORS void load_entry(const StagedChunk& staged, int groups_per_walker, int entry, EntryUnits& entries) {
  Bytes codes, counts;
  static_assert(sizeof staged.acts == sizeof codes);
  std::memcpy(codes.data(), staged.acts.data(), sizeof codes);
  codes = transposed(codes);
  const std::size_t first = static_cast<std::size_t>(entry) * entry_size;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    entries.units[first + i] = numerics::fp8_units(codes[i]);
    counts[i] = (codes[i] & 0x7f) != 0;
  }
  // Each round adds the counts of as many groups again.
  for (std::size_t more = 1; more < static_cast<std::size_t>(groups_per_walker); more *= 2)
    for (std::size_t i = 0; i + more < counts.size(); ++i)
      counts[i] = static_cast<std::uint8_t>(counts[i] + counts[i + more]);
  std::memcpy(&entries.operands[first], counts.data(), sizeof counts);
}

WD_VECTORS std::uint64_t nonzero_channels(const std::array<std::uint16_t, max_pes>& work) {
  return nonzero(work.data());
}

}  // namespace wd::sim::systemc
