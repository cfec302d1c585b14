// SPDX-License-Identifier: Apache-2.0
// Labelled images in memory, and the statistics that normalise them.
//
// Shape     pixels: count x H x W x C bytes, the channel fastest (grey: C = 1; RGB: C = 3); labels: count.
// Units     statistics are of pixels / 255, per channel.
// Errors    a channel that is constant over the whole set: wd::Error.
// Not       reading files: dataset.hpp opens a set by its name.
// Test      image_set_test.cpp
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace wd::algo {

inline constexpr const char* fashion_mnist_folder = "/usr/share/datasets/fashion-mnist";

struct ImageSet {
  int height = 0, width = 0;
  std::vector<std::uint8_t> pixels{};
  std::vector<std::uint16_t> labels{};
  int channels = 1;
  int classes = 10;
  std::string name{};
  bool verified = false;  // the published checksums of all its files are known, and hold

  std::size_t count() const { return labels.size(); }
  std::size_t image_bytes() const {
    return static_cast<std::size_t>(height) * static_cast<std::size_t>(width) *
           static_cast<std::size_t>(channels);
  }
  std::span<const std::uint8_t> image(std::size_t i) const {
    return std::span(pixels).subspan(i * image_bytes(), image_bytes());
  }
};

/// Fashion-MNIST's IDX files, compressed or not, their checksums unseen.
/// @param train the 60,000 training images, or else the 10,000 test images.
ImageSet load_fashion_mnist(const std::filesystem::path& folder, bool train);

/// One entry per channel.
struct PixelStatistics {
  std::vector<double> mean, deviation;
};
PixelStatistics pixel_statistics(const ImageSet& images);

struct ValidationSplit {
  ImageSet train, validation;
};

/// Takes the same share of each class (to the nearest image) for validation; the order stays.
/// @param fraction of the images, above 0 and below 1. Which ones depends on `seed` and their index only.
ValidationSplit split_validation(const ImageSet& images, double fraction, std::uint64_t seed);

}  // namespace wd::algo
