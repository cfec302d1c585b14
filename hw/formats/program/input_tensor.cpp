// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/program/input_tensor.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace wd::program {

InputTensor::InputTensor(const Program& program)
    : image_(program.input_transform, program.input_scale_exp),
      values_(image_.pixels() * (program.input_transform.split ? 2 : 1)),
      beats_(program.input_beats) {
  const std::size_t blocks = (image_.channels() + arch::block - 1) / arch::block;
  WD_REQUIRE(values_ / image_.channels() * blocks == beats_, "program of ", program.network,
             ": the input transform makes ", values_ / image_.channels() * blocks,
             " beats, the program loads ", beats_);
}

std::vector<std::uint8_t> InputTensor::encode(std::span<const std::uint8_t> image) const {
  WD_REQUIRE(image.size() == image_bytes(), "an image of ", image.size(), " pixels, the program takes ",
             image_bytes(), "; use the data set that the network was trained on");
  std::vector<std::uint8_t> codes(values_), beats(beats_ * beat_bytes, 0);
  image_.convert(image, codes);
  const std::size_t channels = image_.channels(), stride = beats.size() / (values_ / channels);
  for (std::size_t position = 0; position < values_ / channels; ++position)
    std::copy_n(&codes[position * channels], channels, &beats[position * stride]);
  return beats;
}

}  // namespace wd::program
