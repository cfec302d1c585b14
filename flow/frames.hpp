// SPDX-License-Identifier: Apache-2.0
// The images of a set as the frames of a program, a batch each.
//
// What      so many frames that the images asked for are in them. A frame's places beyond those hold the images that follow in
//           the set, so that engines that get different numbers of images get the same frames, and zeros at the set's end.
// Units     figures of an image are a frame's by the batch, whatever is in its places; answers are counted of images asked for.
// Test      frames_test.cpp
#pragma once

#include <span>
#include <string>
#include <vector>

#include "algo/data/image_set.hpp"
#include "hw/formats/program/input_tensor.hpp"

namespace wd::flow {

/// The index of the largest class score (FP16); the first of equals.
std::size_t best_class(std::span<const std::uint16_t> scores);

class Frames {
 public:
  /// @param images asked for; at most as many as the set has are taken. The set is not owned
  Frames(const program::Program& program, const algo::ImageSet& set, std::size_t images);

  std::size_t images() const { return images_; }
  std::size_t count() const { return (images_ + batch_ - 1) / batch_; }
  /// Places of all frames: what sums over frames are divided by for figures of an image.
  std::size_t places() const { return count() * batch_; }

  std::size_t first_image(std::size_t frame) const { return frame * batch_; }
  /// "image 3", "images 8 to 11"
  std::string name(std::size_t frame) const;
  /// What an engine takes.
  std::vector<std::uint8_t> input(std::size_t frame) const;
  /// Names the pixels of the frame's images: the first 8 bytes of their SHA-256.
  std::uint64_t digest(std::size_t frame) const;
  /// How many of the frame's images that were asked for got their label as the best class.
  std::size_t right(std::size_t frame, std::span<const std::uint16_t> scores) const;

 private:
  const algo::ImageSet& set_;
  program::InputTensor tensor_;
  std::size_t batch_, classes_, images_;
};

}  // namespace wd::flow
