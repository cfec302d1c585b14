// SPDX-License-Identifier: Apache-2.0
// The elementwise kernels for SSE2; its own compile flags are in CMakeLists.txt.
#include <emmintrin.h>

#include <utility>

#include "algo/kernels/elementwise.hpp"

namespace wd::algo::sse2 {
namespace {

constexpr std::size_t lanes = 4;
typedef float F __attribute__((vector_size(4 * lanes)));
typedef std::uint32_t U __attribute__((vector_size(4 * lanes)));

inline F fused(F a, F b, F c) { return a * b + c; }
inline F minimum(F a, F b) { return _mm_min_ps(a, b); }
inline F maximum(F a, F b) { return _mm_max_ps(a, b); }
/// The lower half; zero above.
[[maybe_unused]] inline U load_half(const void* from) {
  return (U)_mm_loadl_epi64(static_cast<const __m128i*>(from));
}

#include "algo/kernels/elementwise_body.inc"

}  // namespace

#include "algo/kernels/elementwise_tables.inc"

}  // namespace wd::algo::sse2
