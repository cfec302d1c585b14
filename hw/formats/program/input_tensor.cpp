// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/program/input_tensor.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/integer.hpp"

namespace wd::program {

std::size_t transformed_beats(const Program& program) {
  const model::InputTransform& t = program.input_transform;
  const int positions = t.image_height / t.patch * (t.image_width / t.patch);
  return index(positions) * index(ceil_div(t.channels(), arch::block)) * index(program.batch);
}

InputTensor::InputTensor(const Program& program)
    : image_(program.input_transform, program.input_scale_exp),
      values_(image_.pixels() * (program.input_transform.split ? 2 : 1)),
      batch_(static_cast<std::size_t>(program.batch)),
      beats_(program.input_beats) {
  const std::size_t beats = transformed_beats(program);
  WD_REQUIRE(beats == beats_, "program of ", program.network, ": the input transform makes ", beats,
             " beats, the program loads ", beats_);
}

std::vector<std::uint8_t> InputTensor::encode(std::span<const Image> images) const {
  WD_REQUIRE(!images.empty() && images.size() <= batch_, images.size(), " images for a frame of ", batch_);
  std::vector<std::uint8_t> codes(values_), beats(beats_ * beat_bytes, 0);
  const std::size_t channels = image_.channels(), positions = values_ / channels,
                    stride = beats.size() / (positions * batch_);
  for (std::size_t i = 0; i < images.size(); ++i) {
    WD_REQUIRE(images[i].size() == image_bytes(), "an image of ", images[i].size(),
               " pixels, the program takes ", image_bytes(),
               "; use the data set that the network was trained on");
    image_.convert(images[i], codes);
    for (std::size_t position = 0; position < positions; ++position)
      std::copy_n(&codes[position * channels], channels, &beats[(position * batch_ + i) * stride]);
  }
  return beats;
}

}  // namespace wd::program
