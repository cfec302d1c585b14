// SPDX-License-Identifier: Apache-2.0
// The kernels for SSE2; its own compile flags are in CMakeLists.txt.
#include <immintrin.h>

#include "algo/kernels/kernels.hpp"

namespace wd::algo::sse2 {
namespace {

struct Vec {
  static constexpr std::size_t lanes = 4, tile_rows = 4;
  __m128 value;
  static Vec zero() { return {_mm_setzero_ps()}; }
  static Vec load(const float* from) { return {_mm_loadu_ps(from)}; }
  static Vec broadcast(const float* from) { return {_mm_set1_ps(*from)}; }
  static Vec fma(Vec a, Vec b, Vec c) { return {_mm_add_ps(_mm_mul_ps(a.value, b.value), c.value)}; }
  void store(float* to) const { _mm_storeu_ps(to, value); }
};

#include "algo/kernels/kernels_body.inc"

}  // namespace

extern const Kernels table;
const Kernels table{
    "SSE2",   multiply, multiply_transposed, channel_sums,  normalize, norm_gradient_sums, norm_gradient, add,
    fake_fp8, post,     max_magnitude,       update_scores, apply_mask};

}  // namespace wd::algo::sse2
