// SPDX-License-Identifier: Apache-2.0
// The fast simulator's kernels for AVX-512 with VNNI, VBMI and BITALG; its own compile flags are in CMakeLists.txt.
#include <immintrin.h>

#include "sim/fast/kernels.hpp"

namespace wd::sim::fast::avx512_vnni {
namespace {

#include "sim/fast/common_kernels.inc"

constexpr std::size_t lanes = 32;
using V = __m512i;

inline V same(std::uint32_t x) { return _mm512_set1_epi16(static_cast<short>(x)); }
inline V later(V a, V b) { return _mm512_max_epu16(a, b); }
inline V earlier(V a, std::uint32_t by) { return _mm512_subs_epu16(a, same(by)); }
inline std::uint32_t latest_of(V v) {
  const __m256i half = _mm256_max_epu16(_mm512_castsi512_si256(v), _mm512_extracti64x4_epi64(v, 1));
  const __m128i quarter = _mm_max_epu16(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
  const __m128i least = _mm_minpos_epu16(_mm_xor_si128(quarter, _mm_set1_epi16(-1)));
  return ~static_cast<std::uint32_t>(_mm_cvtsi128_si32(least)) & 0xffff;
}
inline std::uint64_t sum_of(V v) {
  const V pairs = _mm512_add_epi32(_mm512_and_si512(v, _mm512_set1_epi32(0xffff)), _mm512_srli_epi32(v, 16));
  return static_cast<std::uint32_t>(_mm512_reduce_add_epi32(pairs));
}
inline V walk_step(V map, V nonzero, V take, V before, V& walks, V& starts) {
  const V n = _mm512_popcnt_epi16(_mm512_and_si512(map, nonzero));
  const __mmask32 some = _mm512_test_epi16_mask(map, nonzero);
  walks = _mm512_add_epi16(walks, n);
  starts = _mm512_mask_add_epi16(starts, _mm512_mask_cmplt_epu16_mask(some, before, take), starts,
                                 _mm512_set1_epi16(1));
  return _mm512_mask_add_epi16(before, some, _mm512_max_epu16(before, take), n);
}

#include "sim/fast/walk_kernel.inc"

WalkedTotals walk(const WalkedTile& tile) {
  if (tile.sets == 1 && tile.pitch == 2 * lanes) return walk_rows<2>(tile);
  if (tile.sets == 1 && tile.pitch == lanes) return walk_rows<1>(tile);
  return walk_rows<0>(tile);
}

/// By tables of the 128 magnitudes, and of what they are with a minus.
struct LimbTables {
  alignas(64) std::uint8_t of[2][most_limbs][128];  // [sign][limb]
};

LimbTables make_tables() {
  std::uint8_t codes[256];
  for (int i = 0; i < 256; ++i) codes[i] = static_cast<std::uint8_t>(i);
  LimbTables tables;
  for (std::size_t sign = 0; sign < 2; ++sign)
    limbs_of(codes + 128 * sign, 128, tables.of[sign][0], sizeof tables.of[sign][0]);
  return tables;
}

std::size_t limbs(const std::uint8_t* codes, std::size_t count, std::uint8_t* limbs, std::size_t plane) {
  static const LimbTables tables = make_tables();
  const V four = _mm512_set1_epi8(4);
  V middle_bits = _mm512_setzero_si512(), high_bits = middle_bits;
  for (std::size_t i = 0; i < count; i += 64) {
    const V code = _mm512_loadu_si512(codes + i);
    const __mmask64 negative = _mm512_movepi8_mask(code);
    V limb[most_limbs];
#pragma GCC unroll 3
    for (std::size_t l = 0; l < most_limbs; ++l) {
      const std::uint8_t *const plus = tables.of[0][l], *const minus = tables.of[1][l];
      const V positive =
          _mm512_permutex2var_epi8(_mm512_load_si512(plus), code, _mm512_load_si512(plus + 64));
      limb[l] = _mm512_mask_blend_epi8(
          negative, positive,
          _mm512_permutex2var_epi8(_mm512_load_si512(minus), code, _mm512_load_si512(minus + 64)));
      _mm512_storeu_si512(limbs + l * plane + i, limb[l]);
    }
    middle_bits = _mm512_or_si512(middle_bits, limb[1]);
    high_bits = _mm512_or_si512(high_bits, _mm512_xor_si512(limb[2], four));
  }
  return _mm512_test_epi8_mask(high_bits, high_bits) != 0       ? 3
         : _mm512_test_epi8_mask(middle_bits, middle_bits) != 0 ? 2
                                                                : 1;
}

constexpr std::size_t block = 16, groups_at_once = 4, most_quads = std::size_t{1} << 18;

/// sums += limbs * weights for four groups and a few blocks of 16 PEs.
template <std::size_t limb_count, std::size_t blocks>
inline void multiply_part(const Product& p, std::size_t group, std::size_t pe, std::size_t first,
                          std::size_t end) {
  __m512i acc[limb_count][groups_at_once][blocks] = {};
  const std::size_t plane = p.quads * groups * 4;
  for (std::size_t q = first; q < end; ++q) {
    __m512i weights[blocks];
    for (std::size_t b = 0; b < blocks; ++b)
      weights[b] = _mm512_loadu_si512(p.weights + (q * p.pes + pe + b * block) * 4);
    for (std::size_t l = 0; l < limb_count; ++l)
      for (std::size_t g = 0; g < groups_at_once; ++g) {
        std::int32_t four;
        __builtin_memcpy(&four, p.limbs + l * plane + (q * groups + group + g) * 4, sizeof four);
        const __m512i acts = _mm512_set1_epi32(four);
        for (std::size_t b = 0; b < blocks; ++b)
          acc[l][g][b] = _mm512_dpbusd_epi32(acc[l][g][b], acts, weights[b]);
      }
  }
  for (std::size_t g = 0; g < groups_at_once; ++g)
    for (std::size_t b = 0; b < blocks; ++b) {
      const auto widened = [&](int half, std::size_t l) {
        return _mm512_cvtepi32_pd(half == 0 ? _mm512_castsi512_si256(acc[l][g][b])
                                            : _mm512_extracti64x4_epi64(acc[l][g][b], 1));
      };
#pragma GCC unroll 2
      for (int half = 0; half < 2; ++half) {
        const std::size_t at = pe + b * block + static_cast<std::size_t>(half) * 8;
        double* const to = p.sums + (group + g) * p.pes + at;
        __m512d sum = first != 0                 ? _mm512_loadu_pd(to)
                      : limb_count == most_limbs ? _mm512_loadu_pd(p.base + at)
                                                 : _mm512_setzero_pd();
        sum = _mm512_add_pd(sum, widened(half, 0));
        if constexpr (limb_count > 1) sum = _mm512_fmadd_pd(widened(half, 1), _mm512_set1_pd(256), sum);
        if constexpr (limb_count > 2) sum = _mm512_fmadd_pd(widened(half, 2), _mm512_set1_pd(65536), sum);
        _mm512_storeu_pd(to, sum);
      }
    }
}

template <std::size_t limb_count>
inline void multiply_limbs(const Product& p) {
  for (std::size_t first = 0; first < p.quads; first += most_quads) {
    const std::size_t end = p.quads - first < most_quads ? p.quads : first + most_quads;
    for (std::size_t group = 0; group < p.wanted; group += groups_at_once) {
      std::size_t pe = 0;
      for (; pe + 2 * block <= p.pes; pe += 2 * block) multiply_part<limb_count, 2>(p, group, pe, first, end);
      if (pe < p.pes) multiply_part<limb_count, 1>(p, group, pe, first, end);
    }
  }
}

void multiply(const Product& p) {
  if (p.limb_count == 1) return multiply_limbs<1>(p);
  if (p.limb_count == 2) return multiply_limbs<2>(p);
  multiply_limbs<3>(p);
}

}  // namespace

extern const KernelSet kernels;
const KernelSet kernels{limbs, multiply, walk, dot, largest};

}  // namespace wd::sim::fast::avx512_vnni
