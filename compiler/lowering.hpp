// SPDX-License-Identifier: Apache-2.0
// Resolves a network into convolutions with their shapes, step by step.
//
// Test      lowering_test.cpp
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hw/formats/model/network.hpp"

namespace wd::compiler {

/// A layer with its shapes resolved. Only a convolution has weights, and a pool no norms. `step` numbers the step (fold) whose weights are loaded together.
struct LoweredConv {
  std::string name;
  const model::Layer* conv = nullptr;
  const model::Weights* weights = nullptr;  // of a convolution
  const model::Tensor* input = nullptr;
  int kernel_h = 1, kernel_w = 1;  // of the instruction: the input's size for pooled
  int out_h = 1, out_w = 1, out_channels = 0;
  std::optional<int> table;  // GELU at this scale_exp
  std::size_t products =
      0;  // of an output value and input pixel of `pooled`, in dense execution of the given network
  std::string remade;                          // how a pass before changed it, and why
  std::size_t first_norm = 0, norm_count = 1;  // which of conv->norms this instruction uses
};

/// Instructions that run together: one convolution, or the body of a loop.
struct LoweredStep {
  int loop_count = 1;
  std::vector<LoweredConv> convs;
};

/// Steps in execution order; with `fold` off, loops are unrolled into single steps.
std::vector<LoweredStep> lower_steps(const model::Network& network, bool fold);

/// Refuses a batch whose images, side by side, are wider than an instruction says.
void require_widths(const std::vector<LoweredStep>& steps, int batch);

}  // namespace wd::compiler
