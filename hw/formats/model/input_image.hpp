// SPDX-License-Identifier: Apache-2.0
// Turns an image into the FP8 input tensor: the host's part of an inference.
//
// Shape     pixels: H x W x C bytes; result: (H / patch) x (W / patch) x channels FP8 codes.
// Numerics  v = (pixel / 255 - mean) / deviation * 2^scale_exp, rounded to FP8. With `split`, a coarse
//           value c = fp8(v) and a fine one fp8(v - c), in two blocks of channels that share weights.
// Test      network_test.cpp
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "hw/formats/model/network.hpp"

namespace wd::model {

class InputImage {
 public:
  explicit InputImage(const Network& network);
  InputImage(const InputTransform& transform, int scale_exp);

  std::size_t pixels() const { return transform_.image_bytes(); }
  std::size_t channels() const { return static_cast<std::size_t>(transform_.channels()); }
  /// @param out (H / patch) x (W / patch) x channels codes.
  void convert(std::span<const std::uint8_t> image, std::span<std::uint8_t> out) const;

 private:
  InputTransform transform_;
  std::vector<std::array<std::uint8_t, 256>> coarse_, fine_;  // per image channel
};

}  // namespace wd::model
