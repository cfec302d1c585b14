// SPDX-License-Identifier: Apache-2.0
// Absorbs norms, with sigma and the FP8 scales, into the hardware's FP16 (gamma, beta) pairs.
//
// Units     a tensor's real value is its FP8 value times 2^-scale_exp.
// Numerics  gamma = factor * 2^(s_out - s_in), beta = offset * 2^s_out, each rounded once to FP16,
//           where the norm is y = factor * raw + offset and raw counts in units of sigma.
// Errors    a pair that FP16 cannot hold: wd::Error naming the node and the channel.
// Test      absorb_test.cpp
#pragma once

#include <string>
#include <vector>

#include "algo/executor/executor.hpp"
#include "hw/formats/model/network.hpp"

namespace wd::algo {

model::Norm absorb_norm(const std::string& name, const std::vector<ChannelAffine>& affine,
                        int input_scale_exp, int output_scale_exp);

/// y = factor * raw + offset of a node's norm (sigma alone where it has none); batch norms take
/// statistics[node.norm].
std::vector<ChannelAffine> node_affine(const Executor& executor, const Node& node,
                                       const std::vector<ChannelStatistics>& statistics);

/// One pair of arrays per node (pools: empty). @param scale_exps one per tensor.
std::vector<model::Norm> absorb_norms(const Executor& executor,
                                      const std::vector<ChannelStatistics>& statistics,
                                      const std::vector<int>& scale_exps);

}  // namespace wd::algo
