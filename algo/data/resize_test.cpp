// SPDX-License-Identifier: Apache-2.0
#include "algo/data/resize.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "algo/data/counter_random.hpp"

using namespace wd;
using namespace wd::algo;

namespace {

Picture noise(int height, int width) {
  Picture picture{height, width, {}};
  for (int at = 0; at < height * width * 3; ++at)
    picture.pixels.push_back(
        static_cast<std::uint8_t>(random_bits(4, RandomStream::shuffle, static_cast<std::uint64_t>(at))));
  return picture;
}

/// The antialiased bilinear value at one place of the resized picture, over all pixels and in FP64.
double plain(const Picture& picture, double new_height, double new_width, int y, int x, int channel) {
  const double scale_y = picture.height / new_height, scale_x = picture.width / new_width;
  double sum = 0, weights = 0;
  for (int from_y = 0; from_y < picture.height; ++from_y)
    for (int from_x = 0; from_x < picture.width; ++from_x) {
      const double away_y = std::abs(from_y + 0.5 - (y + 0.5) * scale_y) / std::max(1.0, scale_y);
      const double away_x = std::abs(from_x + 0.5 - (x + 0.5) * scale_x) / std::max(1.0, scale_x);
      const double weight = std::max(0.0, 1 - away_y) * std::max(0.0, 1 - away_x);
      const int at = (from_y * picture.width + from_x) * 3 + channel;
      sum += weight * picture.pixels[static_cast<std::size_t>(at)];
      weights += weight;
    }
  return sum / weights;
}

}  // namespace

TEST_CASE("resize: equals plain loops, upwards and downwards", "[data][oracle]") {
  struct Case {
    int height, width, side, shorter_side, new_height, new_width, top, left;
  };
  const Case c = GENERATE(Case{40, 61, 16, 16, 16, 24, 0, 4},  // floor(16 * 61 / 40) = 24
                          Case{61, 40, 16, 20, 30, 20, 7, 2},  //
                          Case{7, 9, 12, 0, 12, 15, 0, 2},     // upwards; 1.5 to even is 2
                          Case{33, 33, 10, 11, 11, 11, 0, 0},  // 0.5 to even is 0
                          Case{1, 3, 4, 4, 4, 12, 0, 4},       //
                          Case{20, 20, 20, 0, 20, 20, 0, 0});  // unchanged
  const Picture picture = noise(c.height, c.width);
  std::vector<std::uint8_t> out(static_cast<std::size_t>(c.side * c.side * 3));
  resize_and_crop(picture, {c.side, c.shorter_side}, out);
  double largest = 0;
  for (int y = 0; y < c.side; ++y)
    for (int x = 0; x < c.side; ++x)
      for (int channel = 0; channel < 3; ++channel) {
        const double exact = plain(picture, c.new_height, c.new_width, y + c.top, x + c.left, channel);
        const double found = out[static_cast<std::size_t>((y * c.side + x) * 3 + channel)];
        largest = std::max(largest, std::abs(found - exact));
      }
  CHECK(largest < 0.5 + 1e-3);
}

TEST_CASE("resize: a box equals plain loops over a picture of its own", "[data][oracle]") {
  struct Case {
    int height, width, side;
    CropBox box;
  };
  const Case c = GENERATE(Case{40, 61, 16, {3, 20, 30, 25}},  // both ways downwards
                          Case{20, 30, 24, {19, 0, 1, 30}},   // a row of the border, upwards
                          Case{33, 20, 8, {0, 12, 33, 8}},    // narrow: one way unchanged
                          Case{9, 9, 9, {0, 0, 9, 9}});       // unchanged
  const Picture picture = noise(c.height, c.width);
  Picture part{c.box.height, c.box.width, {}};
  for (int y = 0; y < c.box.height; ++y)
    for (int at = 0; at < c.box.width * 3; ++at)
      part.pixels.push_back(
          picture.pixels[static_cast<std::size_t>(((c.box.top + y) * c.width + c.box.left) * 3 + at)]);
  std::vector<std::uint8_t> out(static_cast<std::size_t>(c.side * c.side * 3));
  resize_box(picture, c.box, c.side, out);
  double largest = 0;
  for (int y = 0; y < c.side; ++y)
    for (int x = 0; x < c.side; ++x)
      for (int channel = 0; channel < 3; ++channel) {
        const double found = out[static_cast<std::size_t>((y * c.side + x) * 3 + channel)];
        largest = std::max(largest, std::abs(found - plain(part, c.side, c.side, y, x, channel)));
      }
  CHECK(largest < 0.5 + 1e-3);
}

TEST_CASE("resize: a picture of the right size stays as it is", "[data]") {
  const Picture picture = noise(12, 12);
  std::vector<std::uint8_t> out(432);
  resize_and_crop(picture, {12, 12}, out);
  CHECK(out == picture.pixels);
}
