// SPDX-License-Identifier: Apache-2.0
// The passes behind compile(), each on its own so that it can be tested on its own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hw/arch/arch.hpp"
#include "hw/formats/model/network.hpp"
#include "hw/formats/program/weight_words.hpp"

namespace wd::compiler {

/// A layer with its shapes resolved. Only a convolution has weights, and a pool no norms. `step` numbers the step (fold) whose weights are loaded together.
struct LoweredConv {
  std::string name;
  const model::Layer* conv = nullptr;
  const model::Weights* weights = nullptr;  // of a convolution
  const model::Tensor* input = nullptr;
  int kernel_h = 1, kernel_w = 1;  // of the instruction: the input's size for pooled
  int out_h = 1, out_w = 1, out_channels = 0;
  std::size_t first_norm = 0, norm_count = 1;  // which of conv->norms this instruction uses
};

/// Instructions that run together: one convolution, or the body of a loop.
struct LoweredStep {
  int loop_count = 1;
  std::vector<LoweredConv> convs;
};

/// Steps in execution order; with `fold` off, loops are unrolled into single steps.
std::vector<LoweredStep> lower_steps(const model::Network& network, bool fold);

/// The rows of one convolution's weights: output-channel tile, kernel position, channel block, plane.
std::vector<program::WeightRow> pack_weights(const model::Weights& weights, const arch::Arch& arch);

/// Bit-planes of a weight set: 1, 2 or 3.
int plane_count(const model::Weights& weights);

/// The smallest acc_shift >= 0 at which no sum can overflow FP16. Refuses sums that could wrap.
int choose_acc_shift(const LoweredConv& conv, const arch::Arch& arch);

/// gamma * 2^acc_shift, exactly. Refuses what FP16 cannot hold.
std::uint16_t scale_gamma(std::uint16_t gamma, int acc_shift, const std::string& what);

}  // namespace wd::compiler
