// SPDX-License-Identifier: Apache-2.0
// The matrix products for AVX-512; its own compile flags are in CMakeLists.txt.
#include <immintrin.h>

#include "algo/kernels/matmul.hpp"

namespace wd::algo::avx512 {
namespace {

constexpr InstructionSet set = InstructionSet::avx512;

struct Vec {
  static constexpr std::size_t lanes = 16, tile_rows = 12;
  __m512 value;
  static Vec zero() { return {_mm512_setzero_ps()}; }
  static Vec load(const float* from) { return {_mm512_loadu_ps(from)}; }
  static Vec broadcast(const float* from) { return {_mm512_set1_ps(*from)}; }
  static Vec dot(Vec a, Vec b, Vec c) { return {_mm512_fmadd_ps(a.value, b.value, c.value)}; }
  void store(float* to) const { _mm512_storeu_ps(to, value); }
};

#include "algo/kernels/matmul_fp32_panels.inc"
#include "algo/kernels/matmul_tile.inc"
#include "algo/kernels/matmul_word_tables.inc"

}  // namespace wd::algo::avx512
