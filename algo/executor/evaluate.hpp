// SPDX-License-Identifier: Apache-2.0
// Measures a network without changing what it learned: accuracy, population statistics, FP8 scales.
//
// Numerics  population statistics: mean and variance averaged over 100 batches of training images (and over
//           the nodes that share a norm) augmented as in training, weights frozen, activations rounded as the
//           executor is set.
// Test      trainer_test.cpp
#pragma once

#include <functional>
#include <vector>

#include "algo/executor/executor.hpp"
#include "algo/networks/network_config.hpp"
#include "hw/formats/model/network.hpp"

namespace wd::algo {

/// Images as a network reads them: layout, and the input tensor's FP8 scale.
struct InputFormat {
  InputLayout layout;
  int image_height = 0, image_width = 0;
  int scale_exp = 0;

  PixelValues values(bool quantized) const { return PixelValues(layout, scale_exp, quantized); }
  model::InputTransform transform() const;
};
InputFormat input_format(const NetworkConfig& network, const ImageSet& train);

/// Share of right answers over all images; `forward` runs on each batch of the executor.
double accuracy(Executor& executor, const ImageSet& images, const InputFormat& format,
                const std::function<void()>& forward);

/// One per norm of the graph; empty for those that are no batch norms.
std::vector<ChannelStatistics> running_statistics(const Executor& executor);
std::vector<ChannelStatistics> population_statistics(Executor& executor, const ImageSet& train,
                                                     const InputFormat& format, std::uint64_t seed,
                                                     const Augmentation& augmentation);

/// One scale per tensor, from the largest magnitudes over some training batches without FP8.
std::vector<int> calibrate_scales(Executor& executor, const ImageSet& train, const InputFormat& format,
                                  Fp8Format fp8_format, std::uint64_t seed);

}  // namespace wd::algo
