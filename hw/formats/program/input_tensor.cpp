// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/program/input_tensor.hpp"

#include <algorithm>
#include <numeric>

#include "base/error.hpp"

namespace wd::program {

InputTensor::InputTensor(const Program& program)
    : image_(program.input_transform, program.input_scale_exp),
      values_(image_.pixels() * (program.input_transform.split ? 2 : 1)),
      batch_(static_cast<std::size_t>(program.batch)),
      beats_(program.input_beats),
      blocks_((image_.channels() + arch::block - 1) / arch::block) {
  const std::size_t pixels = values_ / image_.channels() * batch_, beats = pixels * blocks_;
  WD_REQUIRE(beats == beats_, "program of ", program.network, ": the input transform makes ", beats,
             " beats, the program loads ", beats_);
  const InputParts parts = input_parts(program);
  for (int rows : parts.rows) part_pixels_.push_back(static_cast<std::size_t>(rows * parts.width));
  if (part_pixels_.empty()) part_pixels_ = {pixels};
  const std::size_t loaded = std::accumulate(part_pixels_.begin(), part_pixels_.end(), std::size_t{0});
  WD_REQUIRE(loaded == pixels, "program of ", program.network, ": the input transform makes ", pixels,
             " pixels, the program loads ", loaded);
}

std::vector<std::uint8_t> InputTensor::encode(std::span<const Image> images) const {
  WD_REQUIRE(!images.empty() && images.size() <= batch_, images.size(), " images for a frame of ", batch_);
  std::vector<std::uint8_t> codes(values_), beats(beats_ * beat_bytes, 0);
  const std::size_t channels = image_.channels();
  for (std::size_t i = 0; i < images.size(); ++i) {
    WD_REQUIRE(images[i].size() == image_bytes(), "an image of ", images[i].size(),
               " pixels, the program takes ", image_bytes(),
               "; use the data set that the network was trained on");
    image_.convert(images[i], codes);
    std::size_t first = 0;  // pixel of the part, the images side by side
    for (const std::size_t pixels : part_pixels_) {
      for (std::size_t q = first; q < first + pixels; ++q) {
        if (q % batch_ != i) continue;
        const std::uint8_t* from = &codes[q / batch_ * channels];
        for (std::size_t block = 0; block < blocks_; ++block)
          std::copy_n(from + block * arch::block, std::min<std::size_t>(arch::block, channels - block * arch::block),
                      &beats[(first * blocks_ + block * pixels + q - first) * beat_bytes]);
      }
      first += pixels;
    }
  }
  return beats;
}

}  // namespace wd::program
