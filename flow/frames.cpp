// SPDX-License-Identifier: Apache-2.0
#include "flow/frames.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/sha256.hpp"
#include "hw/numerics/fp16.hpp"

namespace wd::flow {

std::size_t best_class(std::span<const std::uint16_t> scores) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < scores.size(); ++i)
    if (numerics::fp16_to_float(scores[i]) > numerics::fp16_to_float(scores[best])) best = i;
  return best;
}

Frames::Frames(const program::Program& program, const algo::ImageSet& set, std::size_t images)
    : set_(set),
      tensor_(program),
      batch_(static_cast<std::size_t>(program.batch)),
      classes_(program.classes),
      images_(std::min(images, set.count())) {}

std::string Frames::name(std::size_t frame) const {
  const std::size_t first = first_image(frame), last = std::min(first_image(frame + 1), set_.count()) - 1;
  return first == last ? text("image ", first) : text("images ", first, " to ", last);
}

std::vector<std::uint8_t> Frames::input(std::size_t frame) const {
  std::vector<program::InputTensor::Image> images;
  for (std::size_t i = first_image(frame); i < std::min(first_image(frame + 1), set_.count()); ++i)
    images.push_back(set_.image(i));
  return tensor_.encode(images);
}

std::uint64_t Frames::digest(std::size_t frame) const {
  Bytes pixels;
  for (std::size_t i = first_image(frame); i < std::min(first_image(frame + 1), set_.count()); ++i) {
    const auto image = set_.image(i);
    pixels.insert(pixels.end(), image.begin(), image.end());
  }
  return std::stoull(sha256(pixels).substr(0, 16), nullptr, 16);
}

std::size_t Frames::right(std::size_t frame, std::span<const std::uint16_t> scores) const {
  const std::size_t first = first_image(frame);
  std::size_t right = 0;
  for (std::size_t i = first; i < std::min(first_image(frame + 1), images_); ++i)
    right += best_class(scores.subspan((i - first) * classes_, classes_)) == set_.labels[i];
  return right;
}

}  // namespace wd::flow
