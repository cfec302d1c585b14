// SPDX-License-Identifier: Apache-2.0
#include "algo/kernels/matmul.hpp"

#include <initializer_list>

namespace wd::algo {

namespace sse2 {
extern const MatmulKernels<float> matmul_float;
extern const MatmulKernels<BFloat16> matmul_bfloat16;
}  // namespace sse2
namespace avx2 {
extern const MatmulKernels<float> matmul_float;
extern const MatmulKernels<BFloat16> matmul_bfloat16;
}  // namespace avx2
namespace avx512 {
extern const MatmulKernels<float> matmul_float;
extern const MatmulKernels<BFloat16> matmul_bfloat16;
}  // namespace avx512
namespace avx512_bf16 {
extern const MatmulKernels<BFloat16> matmul_bfloat16;
}
namespace amx {
extern const MatmulKernels<BFloat16> matmul_bfloat16;
}

template <>
const MatmulKernels<float>* matmul_for<float>(InstructionSet set) {
  if (!available(set)) return nullptr;
  switch (set) {
    case InstructionSet::sse2:
      return &sse2::matmul_float;
    case InstructionSet::avx2:
      return &avx2::matmul_float;
    case InstructionSet::avx512:
      return &avx512::matmul_float;
    default:
      return nullptr;
  }
}

template <>
const MatmulKernels<BFloat16>* matmul_for<BFloat16>(InstructionSet set) {
  if (!available(set)) return nullptr;
  switch (set) {
    case InstructionSet::sse2:
      return &sse2::matmul_bfloat16;
    case InstructionSet::avx2:
      return &avx2::matmul_bfloat16;
    case InstructionSet::avx512:
      return &avx512::matmul_bfloat16;
    case InstructionSet::avx512_bf16:
      return &avx512_bf16::matmul_bfloat16;
    case InstructionSet::amx:
      return &amx::matmul_bfloat16;
  }
  return nullptr;
}

template <>
const MatmulKernels<float>& matmul<float>() {
  static const MatmulKernels<float>& best = []() -> const MatmulKernels<float>& {
    for (InstructionSet set : {InstructionSet::avx512, InstructionSet::avx2})
      if (const auto* found = matmul_for<float>(set)) return *found;
    return sse2::matmul_float;
  }();
  return best;
}

template <>
const MatmulKernels<BFloat16>& matmul<BFloat16>() {
  static const MatmulKernels<BFloat16>& best = []() -> const MatmulKernels<BFloat16>& {
    // Intel's cores do one bf16 vector product in two cycles, half the rate of widened FP32 products; AMD's
    // do one per cycle, twice the rate.
    const bool pairs_are_fast = __builtin_cpu_is("amd");
    for (InstructionSet set :
         {InstructionSet::amx, InstructionSet::avx512_bf16, InstructionSet::avx512, InstructionSet::avx2}) {
      if (set == InstructionSet::avx512_bf16 && !pairs_are_fast) continue;
      if (const auto* found = matmul_for<BFloat16>(set)) return *found;
    }
    return sse2::matmul_bfloat16;
  }();
  return best;
}

}  // namespace wd::algo
