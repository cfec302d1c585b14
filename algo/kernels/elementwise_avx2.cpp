// SPDX-License-Identifier: Apache-2.0
// The elementwise kernels for AVX2 with FMA; its own compile flags are in CMakeLists.txt.
#include <immintrin.h>

#include <utility>

#include "algo/kernels/elementwise.hpp"

namespace wd::algo::avx2 {
namespace {

constexpr std::size_t lanes = 8;
typedef float F __attribute__((vector_size(4 * lanes)));
typedef std::uint32_t U __attribute__((vector_size(4 * lanes)));

inline F fused(F a, F b, F c) { return _mm256_fmadd_ps(a, b, c); }
inline F minimum(F a, F b) { return _mm256_min_ps(a, b); }
inline F maximum(F a, F b) { return _mm256_max_ps(a, b); }
/// The lower half; zero above.
[[maybe_unused]] inline U load_half(const void* from) {
  return (U)_mm256_zextsi128_si256(_mm_loadu_si128(static_cast<const __m128i*>(from)));
}

#include "algo/kernels/elementwise_body.inc"

}  // namespace

#include "algo/kernels/elementwise_tables.inc"

}  // namespace wd::algo::avx2
