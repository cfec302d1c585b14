// SPDX-License-Identifier: Apache-2.0
// The post unit's kernels for AVX-512; its own compile flags are in CMakeLists.txt.
//
// What      codes by 16 floats at once, and the processor's conversions between float and FP16: half the time of 8 doubles.
// Numerics  a float has 13 bits more than FP16: what is rounded to odd there is rounded once in the end (post_kernels.hpp). Rounded to odd is whichever of
//           the two neighbours, rounded down and rounded up, is odd.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // GCC 12 warns of its own intrinsics' undefined lanes
#pragma GCC diagnostic ignored "-Wuninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop

#include "hw/numerics/post_kernels.hpp"

namespace wd::numerics::avx512 {
namespace {

#define WD_OWN_POST_CODES
constexpr std::size_t lanes = 8;

#include "hw/numerics/post_kernels.inc"

constexpr std::size_t floats = 16;
using F = __m512;
using I = __m512i;

inline I integers(F x) { return _mm512_castps_si512(x); }
inline I all(std::uint32_t x) { return _mm512_set1_epi32(static_cast<int>(x)); }

/// To the nearest FP16 value, ties to even; from 65520 on infinite.
inline F rounded(F x) { return _mm512_cvtph_ps(_mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT)); }

inline F odd_of(F down, F up) {
  return _mm512_mask_blend_ps(_mm512_test_epi32_mask(integers(down), all(1)), up, down);
}

/// a * b + c, to odd.
inline F fused(F a, F b, F c) {
  return odd_of(_mm512_fmadd_round_ps(a, b, c, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC),
                _mm512_fmadd_round_ps(a, b, c, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC));
}

inline __m256 to_odd(__m512d x) {
  const __m256 down = _mm512_cvt_roundpd_ps(x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC),
               up = _mm512_cvt_roundpd_ps(x, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC);
  return _mm256_mask_blend_ps(_mm256_test_epi32_mask(_mm256_castps_si256(down), _mm256_set1_epi32(1)), up,
                              down);
}

inline F joined(__m256 low, __m256 high) { return _mm512_insertf32x8(_mm512_castps256_ps512(low), high, 1); }

/// Numbers that are FP16 values.
inline F exact(const double* from, __mmask16 there) {
  return joined(_mm512_cvtpd_ps(_mm512_maskz_loadu_pd(static_cast<__mmask8>(there), from)),
                _mm512_cvtpd_ps(_mm512_maskz_loadu_pd(static_cast<__mmask8>(there >> 8), from + floats / 2)));
}

/// FP8 codes as numbers, times 2^-8: FP16 has an exponent of the bias 15, FP8 one of 7. NaN codes read as 480.
inline F fp8_values(__m128i codes) {
  const __m256i code = _mm256_cvtepu8_epi16(codes);
  const __m256i sign = _mm256_slli_epi16(_mm256_and_si256(code, _mm256_set1_epi16(0x80)), 8),
                rest = _mm256_slli_epi16(_mm256_and_si256(code, _mm256_set1_epi16(0x7f)), 7);
  return _mm512_cvtph_ps(_mm256_or_si256(sign, rest));
}

/// FP8 codes of FP16 values, saturating; a zero is +0.
inline __m128i fp8_codes(F z, __mmask16 saturated) {
  const I magnitude = _mm512_and_si512(integers(z), all(0x7fffffff));
  const I even = _mm512_and_si512(_mm512_srli_epi32(magnitude, 20), all(1));
  const I normal = _mm512_srli_epi32(
      _mm512_add_epi32(_mm512_sub_epi32(magnitude, all((120u << 23) - (1u << 19) + 1)), even), 20);
  const I small = _mm512_sub_epi32(
      integers(_mm512_add_ps(_mm512_castsi512_ps(magnitude), _mm512_set1_ps(0x1p14F))), all(141u << 23));
  I code = _mm512_mask_blend_epi32(_mm512_cmplt_epu32_mask(magnitude, all(121u << 23)), normal, small);
  code = _mm512_mask_mov_epi32(code, saturated, all(0x7e));
  code = _mm512_mask_or_epi32(code, _mm512_test_epi32_mask(code, code), code,
                              _mm512_and_si512(_mm512_srli_epi32(integers(z), 24), all(0x80)));
  code = _mm512_mask_mov_epi32(code, _mm512_cmpgt_epu32_mask(magnitude, all(0xffu << 23)), all(0x7f));
  return _mm512_cvtepi32_epi8(code);
}

/// @param there those of 16 channels that there are. @return how many saturate
template <bool with_residual>
inline unsigned codes_of(const double* acc, __m512d unit, F gamma, F beta, const std::uint8_t* residual,
                         F residual_unit, bool relu, __mmask16 there, std::uint8_t* out) {
  const auto low = static_cast<__mmask8>(there), high = static_cast<__mmask8>(there >> 8);
  const F t = rounded(joined(to_odd(_mm512_mul_pd(_mm512_maskz_loadu_pd(low, acc), unit)),
                             to_odd(_mm512_mul_pd(_mm512_maskz_loadu_pd(high, acc + floats / 2), unit))));
  F z = rounded(fused(t, gamma, beta));
  if constexpr (with_residual)
    z = rounded(fused(fp8_values(_mm_maskz_loadu_epi8(there, residual)), residual_unit, z));
  if (relu) z = _mm512_mask_mov_ps(z, _mm512_cmp_ps_mask(z, _mm512_setzero_ps(), _CMP_LT_OQ), F{});
  // Channels that do not exist are zeros, which gamma and beta of zero keep: they do not saturate.
  const __mmask16 saturated = _mm512_cmp_ps_mask(_mm512_abs_ps(z), _mm512_set1_ps(464), _CMP_GE_OQ);
  _mm_mask_storeu_epi8(out, there, fp8_codes(z, saturated));
  return static_cast<unsigned>(__builtin_popcount(saturated));
}

template <bool with_residual>
std::size_t all_codes(std::size_t rows, std::size_t channels, const double* acc, double unit,
                      const double* gamma, const double* beta, const std::uint8_t* residual,
                      double residual_unit, bool relu, std::uint8_t* out) {
  const __m512d units = _mm512_set1_pd(unit);
  const F residual_units = _mm512_set1_ps(static_cast<float>(residual_unit * 256));
  std::size_t saturated = 0;
  for (std::size_t c = 0; c < channels; c += floats) {
    const std::size_t count = channels - c < floats ? channels - c : floats;
    const auto there = static_cast<__mmask16>((1u << count) - 1);
    const F gammas = exact(gamma + c, there), betas = exact(beta + c, there);
    for (std::size_t i = c; i < rows * channels; i += channels)
      saturated +=
          codes_of<with_residual>(acc + i, units, gammas, betas, with_residual ? residual + i : nullptr,
                                  residual_units, relu, there, out + i);
  }
  return saturated;
}

std::size_t post_codes(std::size_t rows, std::size_t channels, const double* acc, double unit,
                       const double* gamma, const double* beta, const std::uint8_t* residual,
                       double residual_unit, bool relu, std::uint8_t* out) {
  return (residual != nullptr ? all_codes<true> : all_codes<false>)(rows, channels, acc, unit, gamma, beta,
                                                                    residual, residual_unit, relu, out);
}

}  // namespace

extern const PostKernels post_kernels;
const PostKernels post_kernels{post_codes, post_scores};

}  // namespace wd::numerics::avx512
