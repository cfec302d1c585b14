// SPDX-License-Identifier: Apache-2.0
// The input tensor's layout, and its value for each of a pixel's 256 values.
//
// Shape     channel (y % patch * patch + x % patch) * C + c of position (y / patch, x / patch), then as many
//           fine values where split, then zeros up to a multiple of channel_block.
// Numerics  v = (pixel / 255 - mean) / deviation. Where quantized or split, v * 2^scale_exp is rounded to FP8
//           (coarse) and so is what it leaves (fine), both divided by 2^scale_exp again.
// Errors    statistics that are no positive, finite numbers, one per channel: our own bug.
// Test      batch_test.cpp
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace wd::algo {

inline constexpr std::size_t channel_block = 16;

struct InputLayout {
  int patch = 1;                        // space-to-depth
  bool split = false;                   // a second, fine FP8 value per pixel
  std::vector<double> mean, deviation;  // of pixels / 255, one per channel

  std::size_t image_channels() const { return mean.size(); }
  /// Without the fine values.
  std::size_t patch_channels() const {
    return static_cast<std::size_t>(patch) * static_cast<std::size_t>(patch) * image_channels();
  }
  std::size_t used_channels() const { return patch_channels() * (split ? 2 : 1); }
  std::size_t stored_channels() const {
    return (used_channels() + channel_block - 1) / channel_block * channel_block;
  }
};

class PixelValues {
 public:
  using Table = std::array<float, 256>;

  /// @param quantized FP8 values; a split pixel is FP8 (coarse and fine) in both cases.
  PixelValues(const InputLayout& layout, int scale_exp, bool quantized);

  const InputLayout& layout() const { return layout_; }
  // One table per channel.
  const std::vector<Table>& exact() const { return exact_; }
  const std::vector<Table>& coarse() const { return coarse_; }
  const std::vector<Table>& fine() const { return fine_; }

  /// What the tables do, for values between theirs: `exact` becomes `coarse` and, where split, `fine`.
  void quantize(std::span<const float> exact, std::span<float> coarse, std::span<float> fine) const;

 private:
  InputLayout layout_;
  bool rounded_;
  float scale_;
  std::vector<Table> exact_, coarse_, fine_;
  Table fp8_{};  // code to value
};

}  // namespace wd::algo
