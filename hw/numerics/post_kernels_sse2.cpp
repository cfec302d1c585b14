// SPDX-License-Identifier: Apache-2.0
// The post unit's kernels for SSE2; its own compile flags are in CMakeLists.txt.
#include "hw/numerics/post_kernels.hpp"

namespace wd::numerics::sse2 {
namespace {

constexpr std::size_t lanes = 2;

#include "hw/numerics/post_kernels.inc"

}  // namespace

extern const PostKernels post_kernels;
const PostKernels post_kernels{post_codes, post_scores};

}  // namespace wd::numerics::sse2
