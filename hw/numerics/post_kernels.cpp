// SPDX-License-Identifier: Apache-2.0
#include "hw/numerics/post_kernels.hpp"

namespace wd::numerics {

namespace sse2 {
extern const PostKernels post_kernels;
}
namespace avx2 {
extern const PostKernels post_kernels;
}
namespace avx512 {
extern const PostKernels post_kernels;
}

const PostKernels* post_kernels_for(InstructionSet set) {
  if (!available(set)) return nullptr;
  return set == InstructionSet::sse2   ? &sse2::post_kernels
         : set == InstructionSet::avx2 ? &avx2::post_kernels
                                       : &avx512::post_kernels;
}

const PostKernels& post_kernels() {
  static const PostKernels& best = available(InstructionSet::avx512) ? avx512::post_kernels
                                   : available(InstructionSet::avx2) ? avx2::post_kernels
                                                                     : sse2::post_kernels;
  return best;
}

}  // namespace wd::numerics
