// SPDX-License-Identifier: Apache-2.0
// FP8 scales of tensors, and batch norm folded into the hardware's FP16 (gamma, beta) pairs.
//
// Units     a tensor's real value is its FP8 value times 2^-scale_exp.
// Numerics  gamma = factor * 2^(s_out - s_in), beta = offset * 2^s_out, each rounded once to FP16,
//           where the batch norm is y = factor * raw + offset and raw counts in units of sigma.
// Errors    a pair that FP16 cannot hold: wd::Error naming the convolution and the channel.
// Test      export_test.cpp
#pragma once

#include <string>
#include <vector>

#include "algo/layers/batch_norm.hpp"
#include "hw/model/network.hpp"

namespace wd::algo {

/// The largest power of two that keeps `largest` times a margin of two within FP8's 448.
int choose_scale_exp(double largest);

model::Norm fold_norm(const std::string& name, const std::vector<BatchNorm::Affine>& affine,
                      int input_scale_exp, int output_scale_exp);

}  // namespace wd::algo
