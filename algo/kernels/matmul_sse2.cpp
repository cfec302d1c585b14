// SPDX-License-Identifier: Apache-2.0
// The matrix products for SSE2; its own compile flags are in CMakeLists.txt.
#include <immintrin.h>

#include "algo/kernels/matmul.hpp"

namespace wd::algo::sse2 {
namespace {

constexpr InstructionSet set = InstructionSet::sse2;

struct Vec {
  static constexpr std::size_t lanes = 4, tile_rows = 6;
  __m128 value;
  static Vec zero() { return {_mm_setzero_ps()}; }
  static Vec load(const float* from) { return {_mm_loadu_ps(from)}; }
  static Vec broadcast(const float* from) { return {_mm_set1_ps(*from)}; }
  static Vec dot(Vec a, Vec b, Vec c) { return {_mm_add_ps(_mm_mul_ps(a.value, b.value), c.value)}; }
  void store(float* to) const { _mm_storeu_ps(to, value); }
};

#include "algo/kernels/matmul_fp32_panels.inc"
#include "algo/kernels/matmul_tile.inc"
#include "algo/kernels/matmul_word_tables.inc"

}  // namespace wd::algo::sse2
