// SPDX-License-Identifier: Apache-2.0
// The inner loops of the optimizers, compiled three times (AVX-512, AVX2, SSE2) and chosen at run time.
//
// Numerics  FP32, products and sums rounded one by one: all instruction sets agree bit for bit.
// Test      optimizer_test.cpp
#pragma once

#include <cstddef>

#include "algo/optimize/optimizer.hpp"

namespace wd::algo {

struct OptimizerKernels {
  const char* name;
  void (*sgd)(const OptimizerStep& step, std::size_t count, const float* gradient, float* value,
              float* first);
  void (*adamw)(const OptimizerStep& step, std::size_t count, const float* gradient, float* value,
                float* first, float* second);
};

enum class OptimizerInstructions { sse2, avx2, avx512 };

/// The best of this machine.
const OptimizerKernels& optimizer_kernels();
/// A given set, or null where the machine lacks it (for tests).
const OptimizerKernels* optimizer_kernels_for(OptimizerInstructions set);

}  // namespace wd::algo
