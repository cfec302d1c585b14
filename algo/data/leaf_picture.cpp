// SPDX-License-Identifier: Apache-2.0
#include "algo/data/leaf_picture.hpp"

#include <algorithm>
#include <cmath>

#include "algo/data/counter_random.hpp"

namespace wd::algo {
namespace {

/// Random numbers of one picture, or of one class, in turn.
class Draws {
 public:
  explicit Draws(std::uint64_t own) : own_(own) {}
  double uniform(double low, double high) {
    return low + (high - low) * random_uniform(own_, RandomStream::leaves, next_++);
  }
  int whole(int low, int high) { return static_cast<int>(uniform(low, high + 1)); }

 private:
  std::uint64_t own_, next_ = 0;
};

struct Colour {
  double channels[3];
};

void draw_size(Draws& draws, Picture& picture) {
  const double kind = draws.uniform(0, 1);
  picture.width = 500;
  picture.height = draws.whole(333, 375);
  if (kind > 0.95) {
    picture.width = draws.whole(800, 1600);
    picture.height = picture.width * 3 / 4;
  } else if (kind > 0.85) {
    picture.width = draws.whole(150, 350);
    picture.height = draws.whole(100, 300);
  }
  if (draws.uniform(0, 1) < 0.25) std::swap(picture.width, picture.height);
}

/// A disc of one colour, lit from above.
void drop_leaf(Picture& picture, double x, double y, double radius, const Colour& colour) {
  const auto clipped = [](double value, int end) {
    return static_cast<int>(std::clamp(value, 0.0, static_cast<double>(end)));
  };
  for (int row = clipped(y - radius, picture.height), last = clipped(y + radius, picture.height); row < last;
       ++row) {
    const double across = (row - y) / radius, half = radius * std::sqrt(std::max(0.0, 1 - across * across));
    const double light = 1 - 0.2 * across;
    std::uint8_t shade[3];
    for (int c = 0; c < 3; ++c)
      shade[c] = static_cast<std::uint8_t>(std::clamp(light * colour.channels[c], 0.0, 255.0));
    const int first = clipped(x - half, picture.width), end = clipped(x + half, picture.width);
    std::uint8_t* at = picture.pixels.data() + (std::size_t{3} * static_cast<std::size_t>(row) *
                                                    static_cast<std::size_t>(picture.width) +
                                                std::size_t{3} * static_cast<std::size_t>(first));
    for (int column = first; column < end; ++column) at = std::copy_n(shade, 3, at);
  }
}

/// Eight values of -15 to 15 from each random number, the sum of two dice of 16 sides.
void add_noise(std::uint64_t own, std::vector<std::uint8_t>& pixels) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < pixels.size(); ++i, bits >>= 8) {
    if (i % 8 == 0) bits = random_bits(own, RandomStream::pixels, i / 8);
    const int noise = static_cast<int>(bits & 15) - static_cast<int>(bits >> 4 & 15);
    pixels[i] = static_cast<std::uint8_t>(std::clamp(pixels[i] + noise, 0, 255));
  }
}

}  // namespace

Picture leaf_picture(std::uint64_t number, int label) {
  constexpr double smallest = 3;
  Draws draws(mix_bits(number)), of_class(~static_cast<std::uint64_t>(label));
  Colour base{};
  for (double& channel : base.channels) channel = of_class.uniform(50, 205);
  Picture picture;
  draw_size(draws, picture);
  picture.pixels.resize(std::size_t{3} * static_cast<std::size_t>(picture.width) *
                        static_cast<std::size_t>(picture.height));
  const double area = static_cast<double>(picture.width) * picture.height;
  const double largest = std::sqrt(area) / 2;
  const auto leaf = [&](double x, double y, double radius) {
    Colour colour = base;
    const double light = draws.uniform(-60, 60);
    for (double& channel : colour.channels) channel += light + draws.uniform(-25, 25);
    drop_leaf(picture, x, y, radius, colour);
  };
  leaf(picture.width / 2.0, picture.height / 2.0, 4 * largest);  // the ground
  const int leaves = static_cast<int>(area / 150);
  for (int n = 0; n < leaves; ++n) {
    // As many leaves of each size as look alike at any distance: 1 / radius^3.
    const double least = 1 / (largest * largest), most = 1 / (smallest * smallest);
    const double radius = 1 / std::sqrt(draws.uniform(least, most));
    const double x = draws.uniform(0, picture.width), y = draws.uniform(0, picture.height);
    leaf(x, y, radius);
  }
  add_noise(number, picture.pixels);
  return picture;
}

}  // namespace wd::algo
