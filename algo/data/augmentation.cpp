// SPDX-License-Identifier: Apache-2.0
#include "algo/data/augmentation.hpp"

#include <algorithm>
#include <cmath>

#include "algo/data/counter_random.hpp"
#include "base/error.hpp"

namespace wd::algo {
namespace {

constexpr double max_alpha = 100;

/// The logarithm of a Gamma(shape, 1) variate. A small shape's variate underflows; its logarithm does not.
/// @param next counts up the addresses of the random numbers taken.
double log_gamma_variate(double shape, std::uint64_t seed, std::uint64_t& next) {
  const double d = shape + 1 - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = random_normal(seed, RandomStream::mixup, next++);
    const double u = 1 - random_uniform(seed, RandomStream::mixup, 2 * next++);
    const double v = std::pow(1 + c * x, 3);
    if (v <= 0 || std::log(u) >= x * x / 2 + d - d * v + d * std::log(v)) continue;
    const double boost = 1 - random_uniform(seed, RandomStream::mixup, 2 * next++);
    return std::log(d * v) + std::log(boost) / shape;  // Gamma(a) is Gamma(a + 1) * U^(1/a)
  }
}

}  // namespace

void require_valid(const Augmentation& augmentation, int height, int width) {
  const int least = std::min(height, width), most = std::max(height, width);
  WD_REQUIRE(augmentation.crop >= 0 && augmentation.crop < least, "'crop' is ", augmentation.crop,
             ", must be 0 to ", least - 1, " for images of ", height, " x ", width);
  WD_REQUIRE(augmentation.cutout >= 0 && augmentation.cutout <= most, "'cutout' is ", augmentation.cutout,
             ", must be 0 to ", most, " for images of ", height, " x ", width);
  WD_REQUIRE(augmentation.mixup == 0 || (augmentation.mixup >= 0.001 && augmentation.mixup <= max_alpha),
             "'mixup' is ", augmentation.mixup, ", must be 0 or 0.001 to ", max_alpha);
  WD_REQUIRE(
      augmentation.resized_crop == 0 || (augmentation.resized_crop >= 0.01 && augmentation.resized_crop <= 1),
      "'resized_crop' is ", augmentation.resized_crop, ", must be 0 or 0.01 to 1");
}

View view_of(const Augmentation& augmentation, std::uint64_t seed, std::uint32_t epoch, std::uint32_t image,
             int height, int width) {
  View view;
  const std::uint64_t bits = random_bits(seed, RandomStream::augmentation, random_index(epoch, image));
  view.flip = augmentation.flip && (bits & 1);
  const auto span = static_cast<std::uint64_t>(2 * augmentation.crop + 1);
  view.dx = static_cast<int>((bits >> 8 & 0xffff) % span) - augmentation.crop;
  view.dy = static_cast<int>((bits >> 24 & 0xffff) % span) - augmentation.crop;
  if (augmentation.cutout == 0) return view;
  const std::uint64_t centre = random_bits(seed, RandomStream::cutout, random_index(epoch, image));
  view.cut_left =
      static_cast<int>((centre & 0xffffffff) % static_cast<std::uint64_t>(width)) - augmentation.cutout / 2;
  view.cut_top =
      static_cast<int>((centre >> 32) % static_cast<std::uint64_t>(height)) - augmentation.cutout / 2;
  return view;
}

CropBox resized_crop_of(double least_share, std::uint64_t seed, std::uint32_t epoch, std::uint32_t image,
                        int height, int width) {
  constexpr double narrowest = 3.0 / 4, widest = 4.0 / 3;
  constexpr std::uint64_t tries = 10;
  const std::uint64_t own = random_bits(seed, RandomStream::resized_crop, random_index(epoch, image));
  const double area = static_cast<double>(height) * width;
  for (std::uint64_t n = 0; n < tries; ++n) {
    const auto uniform = [&](std::uint64_t which) {
      return random_uniform(own, RandomStream::resized_crop, 4 * n + which);
    };
    const double share = least_share + (1 - least_share) * uniform(0);
    const double ratio =
        std::exp(std::log(narrowest) + (std::log(widest) - std::log(narrowest)) * uniform(1));
    CropBox box;
    box.width = static_cast<int>(std::nearbyint(std::sqrt(area * share * ratio)));
    box.height = static_cast<int>(std::nearbyint(std::sqrt(area * share / ratio)));
    if (box.width < 1 || box.height < 1 || box.width > width || box.height > height) continue;
    box.top = static_cast<int>(uniform(2) * (height - box.height + 1));
    box.left = static_cast<int>(uniform(3) * (width - box.width + 1));
    return box;
  }
  CropBox box{0, 0, height, width};
  if (width < narrowest * height)
    box.height = std::min(height, static_cast<int>(std::nearbyint(width / narrowest)));
  if (width > widest * height) box.width = std::min(width, static_cast<int>(std::nearbyint(height * widest)));
  box.top = (height - box.height) / 2;
  box.left = (width - box.width) / 2;
  return box;
}

double mixup_lambda(double alpha, std::uint64_t seed, std::uint32_t epoch, std::uint32_t batch) {
  if (alpha == 0) return 1;
  const std::uint64_t own = random_bits(seed, RandomStream::mixup, random_index(epoch, batch));
  std::uint64_t next = 0;
  const double a = log_gamma_variate(alpha, own, next), b = log_gamma_variate(alpha, own, next);
  return 1 / (1 + std::exp(b - a));
}

}  // namespace wd::algo
