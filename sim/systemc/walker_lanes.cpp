// SPDX-License-Identifier: Apache-2.0
// Loops of constant length over plain arrays, which the compiler turns into vectors.
#include "sim/systemc/walker_lanes.hpp"

#include <bit>
#include <cstring>

#include "base/error.hpp"
#include "hw/numerics/fp8.hpp"

#define WD_VECTORS __attribute__((target_clones("arch=skylake-avx512", "avx2", "default")))

namespace wd::sim::systemc {
namespace {

template <int q>
[[gnu::always_inline]] inline std::uint64_t add(PeLanes& lanes, std::uint64_t channels, int first,
                                                std::int64_t bias) {
  std::uint64_t outside[q] = {};
  for (; channels != 0; channels &= channels - 1) {
    const int at = std::countr_zero(channels) * groups + first;
    const std::int32_t* __restrict operand = &lanes.operand[static_cast<std::size_t>(at)];
    std::int32_t* __restrict addend = &lanes.addend[static_cast<std::size_t>(at)];
    std::int64_t* __restrict sum = &lanes.sum[static_cast<std::size_t>(at)];
    for (int i = 0; i < q; ++i) {
      sum[i] += operand[i] != 0 ? addend[i] : 0;
      outside[i] |= static_cast<std::uint64_t>(sum[i] + bias);
      addend[i] = operand[i] != 0 ? operand[i] : addend[i];
    }
  }
  std::uint64_t any = 0;
  for (int i = 0; i < q; ++i) any |= outside[i];
  return any;
}

template <int q>
[[gnu::always_inline]] inline unsigned select(PeLanes& lanes, std::uint64_t channels, int first,
                                              const Pick* picks) {
  unsigned count[q] = {};
  for (; channels != 0; channels &= channels - 1) {
    const int channel = std::countr_zero(channels);
    const Pick pick = picks[channel];
    std::int32_t* __restrict operand = &lanes.operand[static_cast<std::size_t>(channel * groups + first)];
    const std::int32_t* __restrict units = pick.units;
    for (int i = 0; i < q; ++i) {
      operand[i] = units[i] * pick.factor;
      count[i] += operand[i] != 0;
    }
  }
  unsigned all = 0;
  for (int i = 0; i < q; ++i) all += count[i];
  return all;
}

// target_clones and templates do not go together.
#define WD_STEPS(q)                                                                                       \
  WD_VECTORS std::uint64_t add##q(PeLanes& lanes, std::uint64_t channels, int first, std::int64_t bias) { \
    return add<q>(lanes, channels, first, bias);                                                          \
  }                                                                                                       \
  WD_VECTORS unsigned select##q(PeLanes& lanes, std::uint64_t channels, int first, const Pick* picks) {   \
    return select<q>(lanes, channels, first, picks);                                                      \
  }
WD_STEPS(1)
WD_STEPS(2)
WD_STEPS(4)
WD_STEPS(8)
WD_STEPS(16)
#undef WD_STEPS

using Bytes = std::array<std::uint8_t, chunk * groups>;

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

LaneSteps lane_steps(int groups_per_walker) {
  switch (groups_per_walker) {
    case 1:
      return {add1, select1};
    case 2:
      return {add2, select2};
    case 4:
      return {add4, select4};
    case 8:
      return {add8, select8};
    default:
      WD_ASSERT(groups_per_walker == groups);
      return {add16, select16};
  }
}

WD_VECTORS std::uint64_t flush_lanes(PeLanes& lanes, std::int64_t bias) {
  std::uint64_t outside = 0;
  for (std::size_t i = 0; i < lane_count; ++i) {
    lanes.sum[i] += lanes.addend[i];
    outside |= static_cast<std::uint64_t>(lanes.sum[i] + bias);
  }
  lanes.addend = {};
  return outside;
}

WD_VECTORS void load_entry(const StagedChunk& staged, EntryUnits& entry) {
  Bytes codes;
  static_assert(sizeof staged.acts == sizeof codes);
  std::memcpy(codes.data(), staged.acts.data(), sizeof codes);
  codes = transposed(codes);
  for (std::size_t i = 0; i < codes.size(); ++i) entry.units[i] = numerics::fp8_units(codes[i]);
}

std::uint64_t nonzero_channels(const std::array<std::uint16_t, max_pes>& work) {
  std::array<std::uint8_t, max_pes> some;
  for (std::size_t i = 0; i < max_pes; ++i) some[i] = work[i] != 0;
  std::array<std::uint64_t, max_pes / 8> words;
  std::memcpy(words.data(), some.data(), sizeof some);
  std::uint64_t result = 0;
  // The flag in byte i of a word goes to bit i of the top byte.
  for (std::size_t i = 0; i < words.size(); ++i) result |= words[i] * 0x0102'0408'1020'4080 >> 56 << 8 * i;
  return result;
}

}  // namespace wd::sim::systemc
