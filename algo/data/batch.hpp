// SPDX-License-Identifier: Apache-2.0
// Shuffles, augments and lays out images as the network's input tensor.
//
// Shape     input: (H / patch * W / patch) x B x channels, position-major; channels as
//           hw/model/input_image.hpp orders them (y % patch * patch + x % patch; fine values last).
// Numerics  a pixel's value is (pixel / 255 - mean) / deviation, as FP8 where quantized. Order and
//           augmentation depend on (seed, epoch, index) only.
// Test      data_test.cpp
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "algo/data/image_set.hpp"
#include "base/parallel.hpp"
#include "hw/model/network.hpp"

namespace wd::algo {

struct Augmentation {
  bool flip = false;  // mirror left to right, every second image
  int shift = 0;      // move by up to this many pixels each way
};

/// A permutation of [0, count) for one epoch.
std::vector<std::uint32_t> shuffled_order(std::uint64_t seed, std::uint32_t epoch, std::size_t count);

class PixelValues {
 public:
  /// @param quantized FP8 values; a split pixel is FP8 (coarse and fine) in both cases.
  PixelValues(const model::InputTransform& transform, int scale_exp, bool quantized);
  float coarse(std::uint8_t pixel) const { return coarse_[pixel]; }
  float fine(std::uint8_t pixel) const { return fine_[pixel]; }

 private:
  std::array<float, 256> coarse_{}, fine_{};
};

struct BatchRequest {
  std::span<const std::uint32_t> indices;  // one per image of the batch
  std::uint64_t seed = 0;
  std::uint32_t epoch = 0;
  Augmentation augmentation;
};

/// Fills `input` (see Shape).
void fill_batch(ThreadPool& pool, const ImageSet& images, const BatchRequest& request,
                const model::InputTransform& transform, const PixelValues& values, float* input);

}  // namespace wd::algo
