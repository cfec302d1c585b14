// SPDX-License-Identifier: Apache-2.0
// The fast simulator's kernels for AVX2; its own compile flags are in CMakeLists.txt.
#include <immintrin.h>

#include "sim/fast/kernels.hpp"

namespace wd::sim::fast::avx2 {
namespace {

#include "sim/fast/common_kernels.inc"

constexpr std::size_t lanes = 16;
using V = __m256i;

inline V same(std::uint32_t x) { return _mm256_set1_epi16(static_cast<short>(x)); }
inline V later(V a, V b) { return _mm256_max_epu16(a, b); }
inline V earlier(V a, std::uint32_t by) { return _mm256_subs_epu16(a, same(by)); }
inline std::uint32_t latest_of(V v) {
  const __m128i half = _mm_max_epu16(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  const __m128i least = _mm_minpos_epu16(_mm_xor_si128(half, _mm_set1_epi16(-1)));
  return ~static_cast<std::uint32_t>(_mm_cvtsi128_si32(least)) & 0xffff;
}
inline std::uint64_t sum_of(V v) {
  std::uint16_t all[lanes];
  __builtin_memcpy(all, &v, sizeof v);
  std::uint64_t sum = 0;
  for (const std::uint16_t one : all) sum += one;
  return sum;
}
/// By a table of 16 counts, a nibble at a time.
inline V count_ones(V x) {
  const V counts = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
  const V nibble = _mm256_set1_epi8(15);
  const V low = _mm256_shuffle_epi8(counts, _mm256_and_si256(x, nibble));
  const V high = _mm256_shuffle_epi8(counts, _mm256_and_si256(_mm256_srli_epi16(x, 4), nibble));
  return _mm256_maddubs_epi16(_mm256_add_epi8(low, high), _mm256_set1_epi8(1));
}
inline V walk_step(V map, V nonzero, V take, V before, V& walks, V& starts) {
  const V n = count_ones(_mm256_and_si256(map, nonzero));
  const V none = _mm256_cmpeq_epi16(n, _mm256_setzero_si256());
  const V begin = _mm256_max_epu16(before, take);
  const V late = _mm256_cmpeq_epi16(begin, before);  // before >= take
  walks = _mm256_add_epi16(walks, n);
  starts = _mm256_sub_epi16(starts, _mm256_andnot_si256(_mm256_or_si256(none, late), _mm256_set1_epi16(-1)));
  return _mm256_blendv_epi8(_mm256_add_epi16(begin, n), before, none);
}

#include "sim/fast/walk_kernel.inc"

WalkedTotals walk(const WalkedTile& tile) {
  if (tile.sets == 1 && tile.pitch == 4 * lanes) return walk_rows<4>(tile);
  if (tile.sets == 1 && tile.pitch == 2 * lanes) return walk_rows<2>(tile);
  return walk_rows<0>(tile);
}

std::size_t limbs(const std::uint8_t* codes, std::size_t count, std::uint8_t* limbs, std::size_t plane) {
  return limbs_of(codes, count, limbs, plane);
}

constexpr std::size_t block = 16, groups_at_once = 2, most_quads = std::size_t{1} << 18;
constexpr std::size_t quads_in_16_bits = 8;  // 2 * 255 * 7 * 8 < 2^15

template <std::size_t limb_count>
inline void multiply_part(const Product& p, std::size_t group, std::size_t pe, std::size_t first,
                          std::size_t end) {
  const std::size_t plane = p.quads * groups * 4;
  __m256i acc[limb_count][groups_at_once][2] = {};
  for (std::size_t begin = first; begin < end; begin += quads_in_16_bits) {
    const std::size_t stop = end - begin < quads_in_16_bits ? end : begin + quads_in_16_bits;
    __m256i part[limb_count][groups_at_once][2] = {};
    for (std::size_t q = begin; q < stop; ++q) {
      const std::int8_t* const at = p.weights + (q * p.pes + pe) * 4;
      const __m256i weights[2] = {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(at)),
                                  _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at + 32))};
      for (std::size_t l = 0; l < limb_count; ++l)
        for (std::size_t g = 0; g < groups_at_once; ++g) {
          std::int32_t four;
          __builtin_memcpy(&four, p.limbs + l * plane + (q * groups + group + g) * 4, sizeof four);
          const __m256i acts = _mm256_set1_epi32(four);
          for (std::size_t b = 0; b < 2; ++b)
            part[l][g][b] = _mm256_add_epi16(part[l][g][b], _mm256_maddubs_epi16(acts, weights[b]));
        }
    }
    for (std::size_t l = 0; l < limb_count; ++l)
      for (std::size_t g = 0; g < groups_at_once; ++g)
        for (std::size_t b = 0; b < 2; ++b)
          acc[l][g][b] =
              _mm256_add_epi32(acc[l][g][b], _mm256_madd_epi16(part[l][g][b], _mm256_set1_epi16(1)));
  }
  for (std::size_t g = 0; g < groups_at_once; ++g)
    for (std::size_t b = 0; b < 2; ++b)
      for (int half = 0; half < 2; ++half) {
        const auto widened = [&](std::size_t l) {
          return _mm256_cvtepi32_pd(half == 0 ? _mm256_castsi256_si128(acc[l][g][b])
                                              : _mm256_extracti128_si256(acc[l][g][b], 1));
        };
        const std::size_t at = pe + b * 8 + static_cast<std::size_t>(half) * 4;
        double* const to = p.sums + (group + g) * p.pes + at;
        __m256d sum = first != 0                 ? _mm256_loadu_pd(to)
                      : limb_count == most_limbs ? _mm256_loadu_pd(p.base + at)
                                                 : _mm256_setzero_pd();
        sum = _mm256_add_pd(sum, widened(0));
        if constexpr (limb_count > 1) sum = _mm256_fmadd_pd(widened(1), _mm256_set1_pd(256), sum);
        if constexpr (limb_count > 2) sum = _mm256_fmadd_pd(widened(2), _mm256_set1_pd(65536), sum);
        _mm256_storeu_pd(to, sum);
      }
}

template <std::size_t limb_count>
inline void multiply_limbs(const Product& p) {
  for (std::size_t first = 0; first < p.quads; first += most_quads) {
    const std::size_t end = p.quads - first < most_quads ? p.quads : first + most_quads;
    for (std::size_t group = 0; group < p.wanted; group += groups_at_once)
      for (std::size_t pe = 0; pe < p.pes; pe += block) multiply_part<limb_count>(p, group, pe, first, end);
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

}  // namespace wd::sim::fast::avx2
