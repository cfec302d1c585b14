// SPDX-License-Identifier: Apache-2.0
#include "algo/data/leaf_picture.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "algo/data/encode_jpeg.hpp"

using namespace wd;
using namespace wd::algo;

TEST_CASE("leaf picture: sizes are mixed around 500 x 375, and none is made twice", "[data]") {
  std::set<std::pair<int, int>> sizes;
  std::set<std::vector<std::uint8_t>> all;
  int usual = 0, upright = 0;
  constexpr int count = 60;
  for (int i = 0; i < count; ++i) {
    const Picture picture = leaf_picture(static_cast<std::uint64_t>(i), 3);
    REQUIRE(picture.pixels.size() ==
            std::size_t{3} * static_cast<std::size_t>(picture.height * picture.width));
    const auto [shorter, longer] = std::minmax(picture.height, picture.width);
    usual += longer == 500 && shorter >= 333 && shorter <= 375;
    upright += picture.height > picture.width;
    sizes.emplace(picture.height, picture.width);
    all.insert(picture.pixels);
  }
  CHECK(usual > count / 2);
  CHECK(usual < count);
  CHECK(upright > 0);
  CHECK(upright < count / 2);
  CHECK(sizes.size() > 20);
  CHECK(all.size() == count);
  CHECK(leaf_picture(7, 3).pixels == leaf_picture(7, 3).pixels);
  CHECK(leaf_picture(7, 3).pixels != leaf_picture(7, 4).pixels);
}

TEST_CASE("leaf picture: files are about as large as ImageNet's", "[data]") {
  double bytes = 0, pixels = 0;
  for (std::uint64_t i = 0; i < 30; ++i) {
    const Picture picture = leaf_picture(i, static_cast<int>(i));
    bytes += static_cast<double>(encode_jpeg(picture.height, picture.width, picture.pixels,
                                             {.quality = leaf_jpeg_quality, .half_colour = true})
                                     .size());
    pixels += static_cast<double>(picture.pixels.size()) / 3;
  }
  // 138 GB in 1,281,167 files of 469 x 387 pixels in the mean.
  CHECK(8 * bytes / pixels == Approx(8 * 138e9 / 1281167 / (469 * 387)).epsilon(0.15));
}

TEST_CASE("leaf picture: differences of neighbours are those of photographs", "[data][oracle]") {
  // Most are small, edges are large: heavier tails than a normal distribution, whose kurtosis is 3.
  const Picture picture = leaf_picture(1, 1);
  std::vector<double> steps;
  const auto width = static_cast<std::size_t>(picture.width);
  for (std::size_t i = 0; i + 1 < picture.pixels.size() / 3; ++i)
    if (i % width + 1 < width) steps.push_back(double{1} * picture.pixels[3 * i + 3] - picture.pixels[3 * i]);
  double square = 0, fourth = 0;
  for (const double step : steps) square += step * step, fourth += step * step * step * step;
  const auto n = static_cast<double>(steps.size());
  CHECK(fourth / n / (square / n * square / n) > 5);
}
