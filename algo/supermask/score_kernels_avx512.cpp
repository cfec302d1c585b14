// SPDX-License-Identifier: Apache-2.0
// The score kernels for AVX-512; its own compile flags are in CMakeLists.txt.
#include <immintrin.h>

#include "algo/supermask/score_kernels.hpp"
#include "algo/supermask/weight_flags.hpp"

namespace wd::algo::avx512 {
namespace {

#include "algo/supermask/score_kernels_body.inc"

/// What stays the same over one gather().
struct Near {
  __m512i low, span, magnitude_bits;
};

/// Counts and collects among 16 weights, of which `lanes` exist and `flags` (null: none) freeze some.
inline void gather_vector(const Near& near, __m512i scores, __mmask16 lanes, const std::uint8_t* flags,
                          std::uint32_t* values, std::size_t& below, std::size_t& inside) {
  if (flags != nullptr)
    lanes = _mm_mask_testn_epi8_mask(lanes, _mm_maskz_loadu_epi8(lanes, flags), _mm_set1_epi8(flag_frozen));
  const __m512i magnitude = _mm512_and_si512(scores, near.magnitude_bits);
  const __mmask16 under = _mm512_mask_cmplt_epu32_mask(lanes, magnitude, near.low);
  const __mmask16 within =
      _mm512_mask_cmple_epu32_mask(lanes, _mm512_sub_epi32(magnitude, near.low), near.span);
  below += static_cast<std::size_t>(__builtin_popcount(under));
  _mm512_storeu_si512(values + inside, _mm512_maskz_compress_epi32(within, magnitude));
  inside += static_cast<std::size_t>(__builtin_popcount(within));
}

void gather(std::size_t count, const float* scores, const std::uint8_t* flags, const Bracket& bracket,
            Gathered& found) {
  const std::uint32_t low = bits_of(bracket.low), high = bits_of(bracket.high);
  const Near near{_mm512_set1_epi32(static_cast<int>(low)), _mm512_set1_epi32(static_cast<int>(high - low)),
                  _mm512_set1_epi32(0x7fffffff)};
  std::uint32_t* const values = found.values;
  const std::size_t capacity = found.capacity;
  std::size_t below = 0, inside = found.inside;
  for (std::size_t at = 0; at < count; at += 16) {
    if (inside + 16 > capacity) {
      inside = capacity;
      break;
    }
    // The hardware's prefetch stops at each page; on scores in memory this gives a third of the time back.
    _mm_prefetch(reinterpret_cast<const char*>(scores + at) + 2048, _MM_HINT_T0);
    const std::uint8_t* flag = flags == nullptr ? nullptr : flags + at;
    if (count - at >= 16) {
      gather_vector(near, _mm512_loadu_si512(scores + at), 0xffff, flag, values, below, inside);
    } else {
      const auto lanes = static_cast<__mmask16>((1u << (count - at)) - 1);
      gather_vector(near, _mm512_maskz_loadu_epi32(lanes, scores + at), lanes, flag, values, below, inside);
    }
  }
  found.below += below;
  found.inside = inside;
}

}  // namespace

extern const ScoreKernels score_table;
const ScoreKernels score_table{"AVX-512", gradient, apply, gather};

}  // namespace wd::algo::avx512
