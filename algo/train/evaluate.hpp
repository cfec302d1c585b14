// SPDX-License-Identifier: Apache-2.0
// Measures a network without changing what it learned: accuracy, population statistics, FP8 scales.
//
// Numerics  population statistics: mean and variance averaged over 100 batches of training images
//           without augmentation, weights frozen, activations rounded as the engine is set.
// Test      trainer_test.cpp
#pragma once

#include <functional>
#include <vector>

#include "algo/train/engine.hpp"

namespace wd::algo {

/// Images as a network reads them: the transform, and the input tensor's FP8 scale.
struct InputFormat {
  model::InputTransform transform;
  int scale_exp = 0;

  PixelValues values(bool quantized) const { return PixelValues(transform, scale_exp, quantized); }
};
InputFormat input_format(const TrainConfig& config, const ImageSet& train);

/// Share of right answers over all images; `forward` runs on each batch of the engine.
double accuracy(Engine& engine, const ImageSet& images, const InputFormat& format,
                const std::function<void()>& forward);

std::vector<ChannelStatistics> running_statistics(const Engine& engine);
std::vector<ChannelStatistics> population_statistics(Engine& engine, const ImageSet& train,
                                                     const InputFormat& format, std::uint64_t seed);

/// One scale per tensor, from the largest magnitudes over some training batches in FP32.
std::vector<int> calibrate_scales(Engine& engine, const ImageSet& train, const InputFormat& format,
                                  std::uint64_t seed);

}  // namespace wd::algo
