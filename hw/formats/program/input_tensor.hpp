// SPDX-License-Identifier: Apache-2.0
// Turns the images of a frame into the beats that the host puts at a program's input address.
//
// Shape     parts of some rows each (input_parts.hpp); of a part, for each channel block its pixels' 16 FP8 codes in raster order, the
//           images of a batch side by side. Channels beyond the tensor's are zero.
// Test      input_tensor_test.cpp
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "hw/formats/model/input_image.hpp"
#include "hw/formats/program/input_parts.hpp"
#include "hw/formats/program/program.hpp"

namespace wd::program {

class InputTensor {
 public:
  explicit InputTensor(const Program& program);

  std::size_t image_bytes() const { return image_.pixels(); }
  /// H x W x C bytes, as many as image_bytes().
  using Image = std::span<const std::uint8_t>;
  /// @param images at most the program's batch; activations of images that are missing are zeros.
  std::vector<std::uint8_t> encode(std::span<const Image> images) const;
  std::vector<std::uint8_t> encode(Image image) const { return encode(std::span(&image, 1)); }

 private:
  model::InputImage image_;
  std::size_t values_;  // of an image's tensor, before padding
  std::size_t batch_;
  std::size_t beats_, blocks_;
  std::vector<std::size_t> part_pixels_;  // of all images
};

}  // namespace wd::program
