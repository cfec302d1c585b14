// SPDX-License-Identifier: Apache-2.0
#include "algo/kernels/kernels.hpp"

namespace wd::algo {

namespace sse2 {
extern const Kernels table;
}
namespace avx2 {
extern const Kernels table;
}
namespace avx512 {
extern const Kernels table;
}

const Kernels* kernels_for(InstructionSet set) {
  switch (set) {
    case InstructionSet::avx512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                     __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
                 ? &avx512::table
                 : nullptr;
    case InstructionSet::avx2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &avx2::table : nullptr;
    default:
      break;
  }
  return &sse2::table;
}

const Kernels& kernels() {
  static const Kernels& best = []() -> const Kernels& {
    if (const Kernels* found = kernels_for(InstructionSet::avx512)) return *found;
    if (const Kernels* found = kernels_for(InstructionSet::avx2)) return *found;
    return sse2::table;
  }();
  return best;
}

}  // namespace wd::algo
