// SPDX-License-Identifier: Apache-2.0
// The post unit's kernels for AVX-512; its own compile flags are in CMakeLists.txt.
#include "hw/numerics/post_kernels.hpp"

namespace wd::numerics::avx512 {
namespace {

constexpr std::size_t lanes = 8;

#include "hw/numerics/post_kernels.inc"

}  // namespace

extern const PostKernels post_kernels;
const PostKernels post_kernels{post_codes, post_scores};

}  // namespace wd::numerics::avx512
