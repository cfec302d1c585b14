// SPDX-License-Identifier: Apache-2.0
#include "algo/reservoir/encoding.hpp"

#include <bit>

#include "base/error.hpp"

namespace wd::algo {
namespace {

bool code_bit(const EncodingConfig& config, int plane, unsigned pixel) {
  switch (config.code) {
    case PixelCode::threshold:
      return pixel >= static_cast<unsigned>(config.level);
    case PixelCode::binary:
      return pixel >> (7 - plane) & 1;
    case PixelCode::gray:
      return (pixel ^ pixel >> 1) >> (7 - plane) & 1;
    case PixelCode::thermometer:
      return pixel >= static_cast<unsigned>(256 * (plane + 1) / (config.planes + 1));
  }
  return false;
}

}  // namespace

Encoding::Encoding(const EncodingConfig& config) : planes_(config.planes) {
  WD_ASSERT(planes_ >= 1 && planes_ <= max_planes);
  for (unsigned pixel = 0; pixel < 256; ++pixel)
    for (int plane = 0; plane < planes_; ++plane)
      if (code_bit(config, plane, pixel)) planes_of_[pixel] |= std::uint32_t{1} << plane;
}

void Encoding::encode(std::span<const std::uint8_t> image, std::vector<BitPlane>& out) const {
  WD_ASSERT(out.size() == static_cast<std::size_t>(planes_));
  for (BitPlane& plane : out) plane.clear();
  std::size_t at = 0;
  for (int y = 0; y < out[0].height; ++y)
    for (int x = 0; x < out[0].width; ++x)
      for (std::uint32_t left = planes_of_[image[at++]]; left != 0; left &= left - 1)
        out[static_cast<std::size_t>(std::countr_zero(left))].set(y, x);
}

}  // namespace wd::algo
