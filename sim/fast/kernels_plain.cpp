// SPDX-License-Identifier: Apache-2.0
// The fast simulator's kernels for any x86-64 processor: SSE2.
#include <emmintrin.h>

#include "sim/fast/kernels.hpp"

namespace wd::sim::fast::plain {
namespace {

#include "sim/fast/common_kernels.inc"

constexpr std::size_t lanes = 8;
typedef std::uint16_t V __attribute__((vector_size(2 * lanes)));

inline V same(std::uint32_t x) { return V{} + static_cast<std::uint16_t>(x); }
inline V later(V a, V b) { return a > b ? a : b; }
inline V earlier(V a, std::uint32_t by) { return a > same(by) ? a - same(by) : V{}; }
inline std::uint32_t latest_of(V v) {
  std::uint32_t latest = 0;
  for (std::size_t i = 0; i < lanes; ++i) latest = latest < v[i] ? v[i] : latest;
  return latest;
}
inline std::uint64_t sum_of(V v) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < lanes; ++i) sum += v[i];
  return sum;
}
inline V count_ones(V x) {
  x -= x >> 1 & 0x5555;
  x = (x & 0x3333) + (x >> 2 & 0x3333);
  x = (x + (x >> 4)) & 0x0f0f;
  return (x + (x >> 8)) & 31;
}
inline V walk_step(V map, V nonzero, V take, V before, V& walks, V& starts) {
  const V n = count_ones(map & nonzero);
  const V some = (V)(n != 0);
  walks += n;
  starts -= (V)(before < take) & some;
  return ((later(before, take) + n) & some) | (before & ~some);
}

#include "sim/fast/walk_kernel.inc"

WalkedTotals walk(const WalkedTile& tile) { return walk_rows<0>(tile); }

std::size_t limbs(const std::uint8_t* codes, std::size_t count, std::uint8_t* limbs, std::size_t plane) {
  return limbs_of(codes, count, limbs, plane);
}

constexpr std::size_t block = 8, groups_at_once = 2;
constexpr std::size_t most_quads = std::size_t{1} << 12;  // 2 * 2^15 * 7 * 2^12 < 2^31
constexpr int half_bits = 15;

/// A group's quads as halves in 16 bits with their signs, units = low + 2^15 high: [quad][4].
void halves(const Product& p, std::size_t group, std::size_t first, std::size_t end, std::int16_t* low,
            std::int16_t* high) {
  const std::size_t plane = p.quads * groups * 4;
  for (std::size_t q = first; q < end; ++q)
    for (std::size_t i = 0; i < 4; ++i) {
      const std::uint8_t* const limb = p.limbs + (q * groups + group) * 4 + i;
      std::int32_t units = limb[0];
      if (p.limb_count > 1) units += limb[plane] << 8;
      if (p.limb_count > 2) units += (limb[2 * plane] - 4) * 65536;
      low[(q - first) * 4 + i] = static_cast<std::int16_t>(units & ((1 << half_bits) - 1));
      high[(q - first) * 4 + i] = static_cast<std::int16_t>(units >> half_bits);
    }
}

inline __m128i quad_at(const std::int16_t* from) {
  const __m128i quad = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
  return _mm_unpacklo_epi64(quad, quad);
}

/// Of a pair of PEs, from the four sums of products that they have.
inline void add_pair(double* to, __m128i low, __m128i high) {
  std::int32_t l[4], h[4];
  __builtin_memcpy(l, &low, sizeof l);
  __builtin_memcpy(h, &high, sizeof h);
  for (std::size_t i = 0; i < 2; ++i)
    to[i] += static_cast<double>(std::int64_t{l[2 * i]} + l[2 * i + 1] +
                                 ((std::int64_t{h[2 * i]} + h[2 * i + 1]) << half_bits));
}

/// sums += halves * weights for two groups and 8 PEs.
void multiply_part(const Product& p, const std::int16_t (*halves_of)[2][most_quads * 4], std::size_t group,
                   std::size_t pe, std::size_t first, std::size_t end) {
  __m128i acc[groups_at_once][2][block / 2] = {};
  for (std::size_t q = first; q < end; ++q) {
    __m128i weights[block / 2];
    for (std::size_t i = 0; i < block / 4; ++i) {
      const __m128i bytes =
          _mm_loadu_si128(reinterpret_cast<const __m128i*>(p.weights + (q * p.pes + pe + 4 * i) * 4));
      weights[2 * i] = _mm_srai_epi16(_mm_unpacklo_epi8(bytes, bytes), 8);
      weights[2 * i + 1] = _mm_srai_epi16(_mm_unpackhi_epi8(bytes, bytes), 8);
    }
    for (std::size_t g = 0; g < groups_at_once; ++g)
      for (std::size_t half = 0; half < 2; ++half) {
        const __m128i acts = quad_at(halves_of[g][half] + (q - first) * 4);
        for (std::size_t i = 0; i < block / 2; ++i)
          acc[g][half][i] = _mm_add_epi32(acc[g][half][i], _mm_madd_epi16(acts, weights[i]));
      }
  }
  for (std::size_t g = 0; g < groups_at_once; ++g)
    for (std::size_t i = 0; i < block / 2; ++i)
      add_pair(p.sums + (group + g) * p.pes + pe + 2 * i, acc[g][0][i], acc[g][1][i]);
}

void multiply(const Product& p) {
  for (std::size_t i = 0; i < p.wanted * p.pes; ++i) p.sums[i] = 0;
  for (std::size_t group = 0; group < p.wanted; group += groups_at_once)
    for (std::size_t first = 0; first < p.quads; first += most_quads) {
      const std::size_t end = p.quads - first < most_quads ? p.quads : first + most_quads;
      std::int16_t halves_of[groups_at_once][2][most_quads * 4];
      for (std::size_t g = 0; g < groups_at_once; ++g)
        halves(p, group + g, first, end, halves_of[g][0], halves_of[g][1]);
      for (std::size_t pe = 0; pe < p.pes; pe += block) multiply_part(p, halves_of, group, pe, first, end);
    }
}

}  // namespace

extern const KernelSet kernels;
const KernelSet kernels{limbs, multiply, walk, dot, largest};

}  // namespace wd::sim::fast::plain
