// SPDX-License-Identifier: Apache-2.0
#include "algo/supermask/score_kernels.hpp"

namespace wd::algo {

namespace sse2 {
extern const ScoreKernels score_table;
}
namespace avx2 {
extern const ScoreKernels score_table;
}
namespace avx512 {
extern const ScoreKernels score_table;
}

const ScoreKernels* score_kernels_for(ScoreInstructions set) {
  switch (set) {
    case ScoreInstructions::avx512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                     __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
                 ? &avx512::score_table
                 : nullptr;
    case ScoreInstructions::avx2:
      return __builtin_cpu_supports("avx2") ? &avx2::score_table : nullptr;
    case ScoreInstructions::sse2:
      break;
  }
  return &sse2::score_table;
}

const ScoreKernels& score_kernels() {
  static const ScoreKernels& best = []() -> const ScoreKernels& {
    if (const ScoreKernels* found = score_kernels_for(ScoreInstructions::avx512)) return *found;
    if (const ScoreKernels* found = score_kernels_for(ScoreInstructions::avx2)) return *found;
    return sse2::score_table;
  }();
  return best;
}

}  // namespace wd::algo
