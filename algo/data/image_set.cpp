// SPDX-License-Identifier: Apache-2.0
#include "algo/data/image_set.hpp"

#include <algorithm>
#include <cmath>

#include "algo/data/counter_random.hpp"
#include "base/error.hpp"

namespace wd::algo {
namespace {

/// How often each value occurs in one channel: sums over it are exact at any size of the set.
std::vector<std::uint64_t> histogram(const ImageSet& images, std::size_t channel) {
  std::vector<std::uint64_t> times(256);
  const auto stride = static_cast<std::size_t>(images.channels);
  for (std::size_t at = channel; at < images.pixels.size(); at += stride) ++times[images.pixels[at]];
  return times;
}

void append(ImageSet& to, const ImageSet& from, std::size_t i) {
  if (from.source) to.source_index.push_back(from.source_index[i]);
  if (!from.on_demand()) {
    const auto image = from.image(i);
    to.pixels.insert(to.pixels.end(), image.begin(), image.end());
  }
  to.labels.push_back(from.labels[i]);
}

/// For each image, whether it goes to validation: those of a class whose random numbers come first.
std::vector<bool> choose_validation(const ImageSet& images, double fraction, std::uint64_t seed) {
  std::vector<std::vector<std::pair<std::uint64_t, std::size_t>>> of_class(
      static_cast<std::size_t>(images.classes));
  for (std::size_t i = 0; i < images.count(); ++i)
    of_class.at(images.labels[i]).emplace_back(random_bits(seed, RandomStream::validation, i), i);
  std::vector<bool> chosen(images.count());
  for (auto& ranked : of_class) {
    std::sort(ranked.begin(), ranked.end());
    const auto taken = static_cast<std::size_t>(std::llround(fraction * static_cast<double>(ranked.size())));
    for (std::size_t rank = 0; rank < taken; ++rank) chosen[ranked[rank].second] = true;
  }
  return chosen;
}

/// Up to 1000 images of a set on demand, in memory.
ImageSet decoded_sample(const ImageSet& images) {
  constexpr std::size_t most = 1000;
  const std::size_t count = std::min(most, images.count());
  ImageSet sample{images.height, images.width, {}, {}, images.channels, images.classes, images.name};
  for (std::size_t n = 0; n < count; ++n) {
    const std::size_t i = n * images.count() / count;
    const std::vector<std::uint8_t> pixels = pixels_of(images, i);
    sample.pixels.insert(sample.pixels.end(), pixels.begin(), pixels.end());
    sample.labels.push_back(images.labels[i]);
  }
  return sample;
}

}  // namespace

std::vector<std::uint8_t> pixels_of(const ImageSet& images, std::size_t i) {
  std::vector<std::uint8_t> pixels(images.image_bytes());
  if (images.on_demand())
    images.source->load(images.source_index[i], pixels);
  else
    std::ranges::copy(images.image(i), pixels.begin());
  return pixels;
}

PixelStatistics pixel_statistics(const ImageSet& images) {
  WD_REQUIRE(images.count() > 0, images.name, ": the set has no images; there is nothing to learn from");
  if (images.on_demand()) return pixel_statistics(decoded_sample(images));
  PixelStatistics statistics;
  const std::size_t pixels = images.pixels.size() / static_cast<std::size_t>(images.channels);
  const auto count = static_cast<double>(pixels);
  for (int channel = 0; channel < images.channels; ++channel) {
    const auto times = histogram(images, static_cast<std::size_t>(channel));
    std::uint64_t sum = 0, square = 0;
    for (std::uint64_t pixel = 0; pixel < 256; ++pixel) {
      sum += times[pixel] * pixel;
      square += times[pixel] * pixel * pixel;
    }
    const double mean = static_cast<double>(sum) / count;
    const double variance = static_cast<double>(square) / count - mean * mean;
    WD_REQUIRE(*std::max_element(times.begin(), times.end()) < pixels, "channel ", channel,
               " of the training images ", images.name,
               " is of one value everywhere; there is nothing to learn from");
    statistics.mean.push_back(mean / 255);
    statistics.deviation.push_back(std::sqrt(variance) / 255);
  }
  return statistics;
}

ValidationSplit split_validation(const ImageSet& images, double fraction, std::uint64_t seed) {
  WD_REQUIRE(fraction > 0 && fraction < 1, "the validation fraction is ", fraction,
             ", must be above 0 and below 1");
  const std::vector<bool> chosen = choose_validation(images, fraction, seed);
  const auto taken = static_cast<std::size_t>(std::count(chosen.begin(), chosen.end(), true));
  WD_REQUIRE(taken > 0 && taken < images.count(), "a validation fraction of ", fraction, " takes ", taken,
             " of ", images.count(), " images, ", images.name,
             "; choose one that leaves images on both sides in each class");
  ValidationSplit split;
  for (ImageSet* part : {&split.train, &split.validation}) {
    const std::size_t count = part == &split.train ? images.count() - taken : taken;
    *part = {images.height,   images.width,  {}, {}, images.channels, images.classes, images.name,
             images.verified, images.source, {}};
    part->pixels.reserve(images.on_demand() ? 0 : count * images.image_bytes());
    part->labels.reserve(count);
  }
  for (std::size_t i = 0; i < images.count(); ++i)
    append(chosen[i] ? split.validation : split.train, images, i);
  return split;
}

}  // namespace wd::algo
