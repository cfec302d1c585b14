// SPDX-License-Identifier: Apache-2.0
#include "algo/data/augmentation.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <numbers>
#include <vector>

#include "algo/data/batch.hpp"
#include "algo/data/counter_random.hpp"
#include "algo/data/synthetic_images.hpp"

using namespace wd;
using namespace wd::algo;

namespace {

constexpr std::uint32_t trials = 20000;

/// @param probability of one value; its count is within five standard deviations.
bool is_plausible(int count, double probability) {
  const double deviation = std::sqrt(trials * probability * (1 - probability));
  return std::abs(count - trials * probability) < 5 * deviation;
}

std::vector<float> one_image(const ImageSet& images, const Augmentation& augmentation) {
  const std::vector<std::uint32_t> indices{0};
  std::vector<float> stored(784 * 16), values;
  ThreadPool pool(1);
  fill_batch(pool, images, {indices, 9, 2, augmentation, 0}, PixelValues({1, false, {-1}, {1}}, 0, false),
             stored.data());
  for (std::size_t at = 0; at < stored.size(); at += 16) values.push_back(stored[at]);
  return values;
}

}  // namespace

TEST_CASE("augmentation: flips are every second, moves and cuts spread evenly", "[data][oracle]") {
  int flips = 0;
  std::map<int, int> dx, dy, left, top;
  for (std::uint32_t image = 0; image < trials; ++image) {
    const View view = view_of({true, 4, 6, 0}, 1, 2, image, 10, 12);
    flips += view.flip;
    ++dx[view.dx];
    ++dy[view.dy];
    ++left[view.cut_left + 3];  // the centre
    ++top[view.cut_top + 3];
  }
  CHECK(is_plausible(flips, 0.5));
  CHECK(dx.size() == 9);
  CHECK(dy.size() == 9);
  for (int d = -4; d <= 4; ++d) CHECK((is_plausible(dx[d], 1.0 / 9) && is_plausible(dy[d], 1.0 / 9)));
  CHECK(left.size() == 12);
  CHECK(top.size() == 10);
  for (int x = 0; x < 12; ++x) CHECK(is_plausible(left[x], 1.0 / 12));
  for (int y = 0; y < 10; ++y) CHECK(is_plausible(top[y], 1.0 / 10));
}

TEST_CASE("augmentation: nothing asked, nothing done; epoch and seed change the view", "[data]") {
  int moved = 0, other_epoch = 0, other_seed = 0;
  for (std::uint32_t image = 0; image < 1000; ++image) {
    const View still = view_of({}, 1, 2, image, 10, 12), view = view_of({true, 4, 0, 0}, 1, 2, image, 10, 12);
    moved += still.flip || still.dx != 0 || still.dy != 0;
    other_epoch += view.dx != view_of({true, 4, 0, 0}, 1, 3, image, 10, 12).dx;
    other_seed += view.dx != view_of({true, 4, 0, 0}, 2, 2, image, 10, 12).dx;
  }
  CHECK(moved == 0);
  CHECK(other_epoch > 800);
  CHECK(other_seed > 800);
}

TEST_CASE("augmentation: flip and crop mirror and move whole images", "[data]") {
  const ImageSet images = synthetic_images(1, 4);
  const std::vector<float> plain = one_image(images, {}), moved = one_image(images, {true, 2, 0, 0});
  int matches = 0;
  for (const bool flip : {false, true})
    for (int dy = -2; dy <= 2; ++dy)
      for (int dx = -2; dx <= 2; ++dx) {
        bool same = true;
        for (int y = 2; y < 26; ++y)
          for (int x = 2; x < 26; ++x) {
            const int from = flip ? 27 - (x - dx) : x - dx;
            same &= moved[static_cast<std::size_t>(y * 28 + x)] ==
                    plain[static_cast<std::size_t>((y - dy) * 28 + from)];
          }
        matches += same;
      }
  CHECK(matches == 1);
}

TEST_CASE("augmentation: cutout clears one square and nothing else", "[data]") {
  const ImageSet images = synthetic_images(1, 4);
  const std::vector<float> plain = one_image(images, {}), cut = one_image(images, {false, 0, 9, 0});
  int low_x = 28, high_x = -1, low_y = 28, high_y = -1, zeros = 0;
  for (int y = 0; y < 28; ++y)
    for (int x = 0; x < 28; ++x) {
      const auto at = static_cast<std::size_t>(y * 28 + x);
      CHECK(plain[at] >= 1);  // with a mean of -1 no pixel is 0
      if (cut[at] != 0) {
        CHECK(cut[at] == plain[at]);
        continue;
      }
      ++zeros;
      low_x = std::min(low_x, x), high_x = std::max(high_x, x);
      low_y = std::min(low_y, y), high_y = std::max(high_y, y);
    }
  const int width = high_x - low_x + 1, height = high_y - low_y + 1;
  CHECK(zeros == width * height);
  CHECK((width == 9 || low_x == 0 || high_x == 27));
  CHECK((height == 9 || low_y == 0 || high_y == 27));
  CHECK((width >= 5 && width <= 9 && height >= 5 && height <= 9));
}

TEST_CASE("resized crop: areas and ratios spread evenly over their ranges, places over the rest",
          "[data][oracle]") {
  // So large that neither rounding nor the borders matter: at 0.3 of the area no ratio leaves the picture.
  constexpr int side = 10000;
  std::map<int, int> ratios, tops, lefts, boxes;
  for (std::uint32_t image = 0; image < trials; ++image) {
    const CropBox box = resized_crop_of(0.3, 3, 5, image, side, side);
    const double ratio = static_cast<double>(box.width) / box.height;
    CHECK((ratio > 0.7498 && ratio < 1.3336));
    CHECK((box.top >= 0 && box.left >= 0 && box.top + box.height <= side && box.left + box.width <= side));
    const double share = static_cast<double>(box.width) * box.height / side / side;
    CHECK((share > 0.2999 && share <= 1));
    if (share > 0.7) continue;  // above 3/4, ratios begin to be refused
    ++boxes[static_cast<int>((share - 0.3) * 10)];
    ++ratios[static_cast<int>(2 * (1 + std::log(ratio) / std::log(4.0 / 3)))];
    ++tops[static_cast<int>(4.0 * box.top / (side - box.height + 1))];
    ++lefts[static_cast<int>(4.0 * box.left / (side - box.width + 1))];
  }
  int all = 0;
  for (const auto& [bin, count] : boxes) all += count;
  CHECK(all > static_cast<int>(trials) / 2);
  for (const auto* bins : {&boxes, &ratios, &tops, &lefts})
    for (int bin = 0; bin < 4; ++bin) {
      INFO("bin " << bin << " has " << bins->at(bin) << " of " << all);
      CHECK(std::abs(bins->at(bin) - all / 4.0) < 5 * std::sqrt(all * 3.0 / 16));
    }
}

TEST_CASE("resized crop: equals torchvision's rule, written down once more", "[data][oracle]") {
  // The random numbers are an input of the rule: four of each try, by address.
  const auto drawn = [](double least, std::uint64_t seed, std::uint32_t epoch, std::uint32_t image, double h,
                        double w) {
    const std::uint64_t own =
        random_bits(seed, RandomStream::resized_crop, std::uint64_t{epoch} << 32 | image);
    for (std::uint64_t at = 0; at < 40; at += 4) {
      double u[4];
      for (std::uint64_t k = 0; k < 4; ++k) u[k] = random_uniform(own, RandomStream::resized_crop, at + k);
      const double target = h * w * (least + u[0] * (1 - least));
      const double ratio = 0.75 * std::pow(16.0 / 9, u[1]);
      const double cw = std::rint(std::sqrt(target * ratio)), ch = std::rint(std::sqrt(target / ratio));
      if (cw >= 1 && ch >= 1 && cw <= w && ch <= h)
        return CropBox{static_cast<int>(std::floor(u[2] * (h - ch + 1))),
                       static_cast<int>(std::floor(u[3] * (w - cw + 1))), static_cast<int>(ch),
                       static_cast<int>(cw)};
    }
    const double ch = w / h < 0.75 ? std::rint(w / 0.75) : h, cw = w / h > 4.0 / 3 ? std::rint(h * 4 / 3) : w;
    return CropBox{static_cast<int>((h - ch) / 2), static_cast<int>((w - cw) / 2), static_cast<int>(ch),
                   static_cast<int>(cw)};
  };
  int middles = 0, differences = 0;
  for (const auto& [height, width] : std::vector<std::pair<int, int>>{
           {375, 500}, {500, 333}, {64, 64}, {40, 400}, {300, 7}, {1, 3}, {1, 1}})
    for (const double least : {0.01, 0.08, 0.9, 1.0})
      for (std::uint32_t image = 0; image < 500; ++image) {
        const CropBox box = resized_crop_of(least, 11, 7, image, height, width);
        differences += box != drawn(least, 11, 7, image, height, width);
        middles += width == 7 && least == 0.9 && box == CropBox{145, 0, 9, 7};
      }
  CHECK(differences == 0);
  CHECK(middles == 500);
}

TEST_CASE("resized crop: seed, epoch and image decide", "[data]") {
  const CropBox box = resized_crop_of(0.08, 1, 2, 3, 375, 500);
  CHECK(box == resized_crop_of(0.08, 1, 2, 3, 375, 500));
  CHECK(box != resized_crop_of(0.08, 2, 2, 3, 375, 500));
  CHECK(box != resized_crop_of(0.08, 1, 3, 3, 375, 500));
  CHECK(box != resized_crop_of(0.08, 1, 2, 4, 375, 500));
}

TEST_CASE("mixup: lambda has the moments and quantiles of Beta(alpha, alpha)", "[data][oracle]") {
  const double alpha = GENERATE(0.01, 0.2, 0.5, 1.0, 4.0, 50.0);
  double sum = 0, square = 0;
  int below = 0, outside = 0;
  for (std::uint32_t batch = 0; batch < trials; ++batch) {
    const double lambda = mixup_lambda(alpha, 3, 1, batch);
    outside += !(lambda >= 0 && lambda <= 1);
    sum += lambda;
    square += (lambda - 0.5) * (lambda - 0.5);
    below += lambda < 0.1;
  }
  CHECK(outside == 0);
  const double variance = 1 / (4 * (2 * alpha + 1));
  CHECK(std::abs(sum / trials - 0.5) < 5 * std::sqrt(variance / trials));
  CHECK(square / trials == Approx(variance).epsilon(0.05));
  if (alpha == 0.5)
    CHECK(is_plausible(below, 2 / std::numbers::pi * std::asin(std::sqrt(0.1))));  // arcsine law
  if (alpha == 1.0) CHECK(is_plausible(below, 0.1));
}

TEST_CASE("mixup: lambda depends on seed, epoch and batch; without mixup it is 1", "[data]") {
  CHECK(mixup_lambda(0.5, 1, 2, 3) == mixup_lambda(0.5, 1, 2, 3));
  CHECK(mixup_lambda(0.5, 1, 2, 3) != mixup_lambda(0.5, 2, 2, 3));
  CHECK(mixup_lambda(0.5, 1, 2, 3) != mixup_lambda(0.5, 1, 3, 3));
  CHECK(mixup_lambda(0.5, 1, 2, 3) != mixup_lambda(0.5, 1, 2, 4));
  CHECK(mixup_lambda(0, 1, 2, 3) == 1);
}
