// SPDX-License-Identifier: Apache-2.0
// The kernels for AVX2 with FMA; its own compile flags are in CMakeLists.txt.
#include <immintrin.h>

#include "algo/kernels/kernels.hpp"

namespace wd::algo::avx2 {
namespace {

struct Vec {
  static constexpr std::size_t lanes = 8, tile_rows = 4;
  __m256 value;
  static Vec zero() { return {_mm256_setzero_ps()}; }
  static Vec load(const float* from) { return {_mm256_loadu_ps(from)}; }
  static Vec broadcast(const float* from) { return {_mm256_set1_ps(*from)}; }
  static Vec fma(Vec a, Vec b, Vec c) { return {_mm256_fmadd_ps(a.value, b.value, c.value)}; }
  void store(float* to) const { _mm256_storeu_ps(to, value); }
};

#include "algo/kernels/kernels_body.inc"

}  // namespace

extern const Kernels table;
const Kernels table{"AVX2 with FMA",
                    multiply,
                    multiply_transposed,
                    channel_sums,
                    normalize,
                    norm_gradient_sums,
                    norm_gradient,
                    add,
                    fake_fp8,
                    post,
                    max_magnitude,
                    update_scores,
                    apply_mask};

}  // namespace wd::algo::avx2
