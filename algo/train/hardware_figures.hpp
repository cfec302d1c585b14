// SPDX-License-Identifier: Apache-2.0
// The hardware's figures of a network in training: sparsity at three levels, coded size, predicted cycles.
// Test      trainer_test.cpp
#pragma once

#include "algo/executor/evaluate.hpp"
#include "algo/train/trainer.hpp"

namespace wd::algo {

/// @param statistics of the norms. @param predict_cycles may be empty.
HardwareFigures hardware_figures(const Executor& executor, const std::vector<ChannelStatistics>& statistics,
                                 const TrainConfig& config, const InputFormat& format,
                                 const std::function<double(const model::Network&)>& predict_cycles);

}  // namespace wd::algo
