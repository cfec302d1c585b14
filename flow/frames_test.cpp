// SPDX-License-Identifier: Apache-2.0
// Frames of images that do not fill them: what is in which place, what is counted.
#include "flow/frames.hpp"

#include <catch2/catch.hpp>

#include "hw/numerics/fp16.hpp"

using namespace wd;
using namespace wd::flow;

namespace {

program::Program program_of(int batch) {
  program::Program program;
  program.input_transform = {2, 2, 2, false, {0}, {1}};  // one pixel of 4 channels
  program.batch = batch;
  program.input_beats = static_cast<std::uint32_t>(batch);
  program.classes = 3;
  return program;
}

/// Image i has the pixels 10 i + 10; its label is i mod 3.
algo::ImageSet set_of(std::size_t count) {
  algo::ImageSet set;
  set.height = set.width = 2;
  for (std::size_t i = 0; i < count; ++i) {
    set.pixels.insert(set.pixels.end(), 4, static_cast<std::uint8_t>(10 * i + 10));
    set.labels.push_back(static_cast<std::uint16_t>(i % 3));
  }
  return set;
}

/// Which image each place of a frame holds; -1: zeros.
std::vector<int> held(const Frames& frames, std::size_t frame, const algo::ImageSet& set) {
  const program::InputTensor one(program_of(1));
  const auto input = frames.input(frame);
  std::vector<int> images;
  for (std::size_t at = 0; at < input.size(); at += 16) {
    const std::vector<std::uint8_t> place(input.begin() + static_cast<std::ptrdiff_t>(at),
                                          input.begin() + static_cast<std::ptrdiff_t>(at) + 16);
    int found = place == std::vector<std::uint8_t>(16) ? -1 : -2;
    for (std::size_t i = 0; i < set.count(); ++i)
      if (place == one.encode(set.image(i))) found = static_cast<int>(i);
    images.push_back(found);
  }
  return images;
}

}  // namespace

TEST_CASE("frames: the last one is filled up with the set's next images, at its end with zeros", "[flow]") {
  const program::Program program = program_of(4);
  const algo::ImageSet set = set_of(10);
  const Frames some(program, set, 6), all(program, set, 100);
  CHECK(some.images() == 6);
  CHECK(some.count() == 2);
  CHECK(some.places() == 8);
  CHECK(all.images() == 10);
  CHECK(all.count() == 3);
  CHECK(all.places() == 12);
  CHECK(held(some, 0, set) == std::vector{0, 1, 2, 3});
  CHECK(held(some, 1, set) == std::vector{4, 5, 6, 7});
  CHECK(some.input(1) == all.input(1));  // engines that get different numbers of images are compared on it
  CHECK(held(all, 2, set) == std::vector{8, 9, -1, -1});
  CHECK(all.name(1) == "images 4 to 7");
  CHECK(all.name(2) == "images 8 to 9");
  CHECK(Frames(program_of(1), set, 3).name(2) == "image 2");
}

TEST_CASE("frames: right answers are counted of the images that were asked for", "[flow]") {
  const program::Program program = program_of(4);
  const algo::ImageSet set = set_of(10);
  const auto one = numerics::fp16_from_float(1.0f);
  // Places 0 to 3 say class 1, 2, 0, 1, which are the labels of images 4 to 7.
  const std::vector<std::uint16_t> scores{0, one, 0, 0, 0, one, one, 0, 0, 0, one, 0};
  CHECK(Frames(program, set, 100).right(1, scores) == 4);
  CHECK(Frames(program, set, 7).right(1, scores) == 3);
  CHECK(Frames(program, set, 5).right(1, scores) == 1);
  CHECK(Frames(program, set, 100).right(2, scores) == 0);  // labels 2, 0
}
