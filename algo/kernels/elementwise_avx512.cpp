// SPDX-License-Identifier: Apache-2.0
// The elementwise kernels for AVX-512; its own compile flags are in CMakeLists.txt.
#include <immintrin.h>

#include <utility>

#include "algo/kernels/elementwise.hpp"

namespace wd::algo::avx512 {
namespace {

constexpr std::size_t lanes = 16;
typedef float F __attribute__((vector_size(4 * lanes)));
typedef std::uint32_t U __attribute__((vector_size(4 * lanes)));

constexpr __mmask16 all = 0xffff;  // the forms without a mask make GCC 12 warn of its own undefined vector

inline F fused(F a, F b, F c) { return _mm512_fmadd_ps(a, b, c); }
inline F minimum(F a, F b) { return _mm512_maskz_min_ps(all, a, b); }
inline F maximum(F a, F b) { return _mm512_maskz_max_ps(all, a, b); }
/// The lower half; zero above.
[[maybe_unused]] inline U load_half(const void* from) { return (U)_mm512_maskz_loadu_epi16(0xffff, from); }

#include "algo/kernels/elementwise_body.inc"

}  // namespace

#include "algo/kernels/elementwise_tables.inc"

}  // namespace wd::algo::avx512
