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
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "algo/data/jpeg.hpp"

namespace wd::algo {

inline constexpr const char* fashion_mnist_folder = "/usr/share/datasets/fashion-mnist";

/// The files that images come from. Several threads may call it at once.
class ImageSource {
 public:
  virtual ~ImageSource() = default;
  /// An image of the set's size.
  virtual void load(std::size_t i, std::span<std::uint8_t> out) const = 0;
  /// The whole picture, of the file's size.
  virtual Picture decode(std::size_t i) const = 0;
  /// Of what tells these files from others without reading them.
  virtual std::uint32_t checksum() const = 0;
};

struct ImageSet {
  int height = 0, width = 0;
  std::vector<std::uint8_t> pixels{};
  std::vector<std::uint16_t> labels{};
  int channels = 1;
  int classes = 10;
  std::string name{};
  bool verified = false;  // the published checksums of all its files are known, and hold
  std::shared_ptr<const ImageSource> source{};  // of a set of picture files
  std::vector<std::uint32_t> source_index{};    // each image's number in the source

  std::size_t count() const { return labels.size(); }
  /// No pixels are held: each image is decoded when it is asked for.
  bool on_demand() const { return source && pixels.empty(); }
  std::size_t image_bytes() const {
    return static_cast<std::size_t>(height) * static_cast<std::size_t>(width) *
           static_cast<std::size_t>(channels);
  }
  std::span<const std::uint8_t> image(std::size_t i) const {
    return std::span(pixels).subspan(i * image_bytes(), image_bytes());
  }
};

/// A copy of image i, decoded where the set has a source.
std::vector<std::uint8_t> pixels_of(const ImageSet& images, std::size_t i);

/// Fashion-MNIST's IDX files, compressed or not, their checksums unseen.
/// @param train the 60,000 training images, or else the 10,000 test images.
ImageSet load_fashion_mnist(const std::filesystem::path& folder, bool train);

/// One entry per channel. A set on demand is measured on up to 1000 of its images, evenly spread.
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
