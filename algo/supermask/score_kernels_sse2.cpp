// SPDX-License-Identifier: Apache-2.0
// The score kernels for SSE2; its own compile flags are in CMakeLists.txt.
#include "algo/supermask/score_kernels.hpp"
#include "algo/supermask/weight_flags.hpp"

namespace wd::algo::sse2 {
namespace {

#include "algo/supermask/score_kernels_body.inc"
#include "algo/supermask/score_kernels_gather.inc"

}  // namespace

extern const ScoreKernels score_table;
const ScoreKernels score_table{"SSE2", gradient, apply, gather};

}  // namespace wd::algo::sse2
