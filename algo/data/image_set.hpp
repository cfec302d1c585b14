// SPDX-License-Identifier: Apache-2.0
// Loads Fashion-MNIST from its IDX files, compressed or not.
//
// Shape     pixels: count x height x width bytes, row-major; labels: count bytes, 0..9.
// Errors    missing, truncated or foreign files, labels above 9, counts that differ: wd::Error.
// Source    http://yann.lecun.com/exdb/mnist (the IDX format); Xiao et al., arXiv 1708.07747
// Test      data_test.cpp
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace wd::algo {

inline constexpr const char* fashion_mnist_folder = "/usr/share/datasets/fashion-mnist";
inline constexpr int image_classes = 10;

struct ImageSet {
  int height = 0, width = 0;
  std::vector<std::uint8_t> pixels, labels;

  std::size_t count() const { return labels.size(); }
  std::size_t image_bytes() const {
    return static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
  }
  std::span<const std::uint8_t> image(std::size_t i) const {
    return std::span(pixels).subspan(i * image_bytes(), image_bytes());
  }
};

/// @param train the 60,000 training images, or else the 10,000 test images.
ImageSet load_fashion_mnist(const std::filesystem::path& folder, bool train);

/// Mean and standard deviation of pixels / 255.
struct PixelStatistics {
  double mean = 0, deviation = 1;
};
PixelStatistics pixel_statistics(const ImageSet& images);

}  // namespace wd::algo
