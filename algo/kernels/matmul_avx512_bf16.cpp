// SPDX-License-Identifier: Apache-2.0
// The matrix products of bf16 operands for AVX-512 BF16; its own compile flags are in CMakeLists.txt.
#include <immintrin.h>

#include "algo/kernels/matmul.hpp"

namespace wd::algo::avx512_bf16 {
namespace {

struct Vec {
  static constexpr std::size_t lanes = 16, tile_rows = 12;
  __m512 value;
  static Vec zero() { return {_mm512_setzero_ps()}; }
  static Vec load(const float* from) { return {_mm512_loadu_ps(from)}; }
  static Vec broadcast(const float* from) { return {_mm512_set1_ps(*from)}; }
  static Vec dot(Vec a, Vec b, Vec c) {
    return {_mm512_dpbf16_ps(c.value, (__m512bh)a.value, (__m512bh)b.value)};
  }
  void store(float* to) const { _mm512_storeu_ps(to, value); }
};

#include "algo/kernels/matmul_bf16_panels.inc"
#include "algo/kernels/matmul_tile.inc"

void nothing() {}

}  // namespace

extern const MatmulKernels<BFloat16> matmul_bfloat16;
const MatmulKernels<BFloat16> matmul_bfloat16{InstructionSet::avx512_bf16,
                                              values_per_word,
                                              2,
                                              512,
                                              32,
                                              128,
                                              512,
                                              512,
                                              nothing,
                                              nothing,
                                              multiply<BFloat16>,
                                              multiply_turned,
                                              panel_of_rows,
                                              panel_of_columns,
                                              panel_of_rows,
                                              round_pairs,
                                              narrow<BFloat16>};

}  // namespace wd::algo::avx512_bf16
