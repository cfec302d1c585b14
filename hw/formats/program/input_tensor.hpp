// SPDX-License-Identifier: Apache-2.0
// Turns an image into the beats that the host puts at a program's input address.
//
// Shape     H x W x channel blocks of 16 FP8 codes; channels beyond the tensor's are zero.
// Test      program_test.cpp
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "hw/formats/model/input_image.hpp"
#include "hw/formats/program/program.hpp"

namespace wd::program {

class InputTensor {
 public:
  explicit InputTensor(const Program& program);

  std::size_t image_bytes() const { return image_.pixels(); }
  /// @param image H x W grey bytes, as many as image_bytes().
  std::vector<std::uint8_t> encode(std::span<const std::uint8_t> image) const;

 private:
  model::InputImage image_;
  std::size_t values_;  // of the tensor, before padding
  std::size_t beats_;
};

}  // namespace wd::program
