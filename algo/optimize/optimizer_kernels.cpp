// SPDX-License-Identifier: Apache-2.0
#include "algo/optimize/optimizer_kernels.hpp"

namespace wd::algo {

namespace sse2 {
extern const OptimizerKernels optimizer_table;
}
namespace avx2 {
extern const OptimizerKernels optimizer_table;
}
namespace avx512 {
extern const OptimizerKernels optimizer_table;
}

const OptimizerKernels* optimizer_kernels_for(OptimizerInstructions set) {
  switch (set) {
    case OptimizerInstructions::avx512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                     __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
                 ? &avx512::optimizer_table
                 : nullptr;
    case OptimizerInstructions::avx2:
      return __builtin_cpu_supports("avx2") ? &avx2::optimizer_table : nullptr;
    case OptimizerInstructions::sse2:
      break;
  }
  return &sse2::optimizer_table;
}

const OptimizerKernels& optimizer_kernels() {
  static const OptimizerKernels& best = []() -> const OptimizerKernels& {
    if (const OptimizerKernels* found = optimizer_kernels_for(OptimizerInstructions::avx512)) return *found;
    if (const OptimizerKernels* found = optimizer_kernels_for(OptimizerInstructions::avx2)) return *found;
    return sse2::optimizer_table;
  }();
  return best;
}

}  // namespace wd::algo
