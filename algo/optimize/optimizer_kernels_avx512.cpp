// SPDX-License-Identifier: Apache-2.0
// The optimizers' kernels for AVX-512; its own compile flags are in CMakeLists.txt.
#include "algo/optimize/optimizer_kernels.hpp"

namespace wd::algo::avx512 {
namespace {

#include "algo/optimize/optimizer_kernels_body.inc"

}  // namespace

extern const OptimizerKernels optimizer_table;
const OptimizerKernels optimizer_table{"AVX-512", sgd, adamw};

}  // namespace wd::algo::avx512
