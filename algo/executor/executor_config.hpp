// SPDX-License-Identifier: Apache-2.0
// What an executor needs to know of a training run.
// Test      executor_test.cpp
#pragma once

#include <cstdint>

#include "algo/optimize/optimizer.hpp"
#include "algo/supermask/mask_config.hpp"

namespace wd::algo {

/// How activations and gradients are stored and multiplied; parameters and sums are FP32 in both.
enum class Precision { fp32, bf16 };

struct ExecutorConfig {
  MaskConfig supermask;
  OptimizerConfig optimizer;
  std::uint64_t seed = 1;
  int batch = 128;
  Precision precision = Precision::bf16;
};

}  // namespace wd::algo
