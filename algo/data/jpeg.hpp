// SPDX-License-Identifier: Apache-2.0
// Decodes a JPEG file to RGB bytes, or refuses it by name.
//
// Shape     H x W x 3, rows first, the channel fastest. Grey files give three equal channels.
// Numerics  libjpeg's accurate integer transform and smooth chroma: the same bytes on any processor. CMYK (ImageNet has 22
//           such files) becomes RGB as Pillow makes it: inks stored inverted, black multiplied in.
// Errors    truncated, corrupted or foreign data, other colour spaces, more than max_jpeg_pixels
//           pixels or 128 scans: wd::Error naming the file. What libjpeg only warns of is refused too, but
//           for three warnings that cost no pixel (stray bytes between segments, odd JFIF and Adobe
//           versions).
// Test      jpeg_test.cpp
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace wd::algo {

/// A header's word for it allocates up to 192 MiB for the pixels.
inline constexpr std::uint64_t max_jpeg_pixels = std::uint64_t{1} << 26;

/// Pixels, and the coefficients that a file of several scans keeps, may take this for a file of so many bytes.
constexpr std::uint64_t max_jpeg_memory(std::uint64_t file_bytes) {
  return (std::uint64_t{256} << 20) + 1000 * file_bytes;
}

struct Picture {
  int height = 0, width = 0;
  std::vector<std::uint8_t> pixels;
};

/// @param name what messages call the data.
Picture decode_jpeg(std::span<const std::uint8_t> bytes, const std::string& name);

}  // namespace wd::algo
