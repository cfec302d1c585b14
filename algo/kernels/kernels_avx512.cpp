// SPDX-License-Identifier: Apache-2.0
// The kernels for AVX-512; its own compile flags are in CMakeLists.txt.
#include <immintrin.h>

#include "algo/kernels/kernels.hpp"

namespace wd::algo::avx512 {
namespace {

struct Vec {
  static constexpr std::size_t lanes = 16, tile_rows = 8;
  __m512 value;
  static Vec zero() { return {_mm512_setzero_ps()}; }
  static Vec load(const float* from) { return {_mm512_loadu_ps(from)}; }
  static Vec broadcast(const float* from) { return {_mm512_set1_ps(*from)}; }
  static Vec fma(Vec a, Vec b, Vec c) { return {_mm512_fmadd_ps(a.value, b.value, c.value)}; }
  void store(float* to) const { _mm512_storeu_ps(to, value); }
};

#include "algo/kernels/kernels_body.inc"

}  // namespace

extern const Kernels table;
const Kernels table{"AVX-512",     multiply,      multiply_transposed,
                    channel_sums,  normalize,     norm_gradient_sums,
                    norm_gradient, add,           fake_fp8,
                    post,          max_magnitude, update_scores,
                    apply_mask};

}  // namespace wd::algo::avx512
