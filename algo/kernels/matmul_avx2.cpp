// SPDX-License-Identifier: Apache-2.0
// The matrix products for AVX2 with FMA; its own compile flags are in CMakeLists.txt.
#include <immintrin.h>

#include "algo/kernels/matmul.hpp"

namespace wd::algo::avx2 {
namespace {

constexpr InstructionSet set = InstructionSet::avx2;

struct Vec {
  static constexpr std::size_t lanes = 8, tile_rows = 6;
  __m256 value;
  static Vec zero() { return {_mm256_setzero_ps()}; }
  static Vec load(const float* from) { return {_mm256_loadu_ps(from)}; }
  static Vec broadcast(const float* from) { return {_mm256_set1_ps(*from)}; }
  static Vec dot(Vec a, Vec b, Vec c) { return {_mm256_fmadd_ps(a.value, b.value, c.value)}; }
  void store(float* to) const { _mm256_storeu_ps(to, value); }
};

#include "algo/kernels/matmul_fp32_panels.inc"
#include "algo/kernels/matmul_tile.inc"
#include "algo/kernels/matmul_word_tables.inc"

}  // namespace wd::algo::avx2
