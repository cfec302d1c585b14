// SPDX-License-Identifier: Apache-2.0
#include "algo/data/resize.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"

namespace wd::algo {
namespace {

/// What one output pixel takes along one axis.
struct Taps {
  std::size_t first = 0;
  std::vector<float> weights;
};

/// Taps of the output pixels [start, start + count) when `from` pixels become `to`.
std::vector<Taps> taps_of(int from, int to, int start, int count) {
  std::vector<Taps> all(static_cast<std::size_t>(count));
  const double scale = static_cast<double>(from) / to, reach = std::max(1.0, scale);
  for (int i = 0; i < count; ++i) {
    const double centre = (start + i + 0.5) * scale;
    const int first = std::max(0, static_cast<int>(std::floor(centre - reach)));
    const int end = std::min(from, static_cast<int>(std::ceil(centre + reach)));
    std::vector<double> exact;
    double sum = 0;
    for (int at = first; at < end; ++at) {
      exact.push_back(std::max(0.0, 1 - std::abs(at + 0.5 - centre) / reach));
      sum += exact.back();
    }
    Taps& taps = all[static_cast<std::size_t>(i)];
    taps.first = static_cast<std::size_t>(first);
    for (const double weight : exact) taps.weights.push_back(static_cast<float>(weight / sum));
  }
  return all;
}

/// The same from `first` on, of a part of the picture that begins there.
std::vector<Taps> shifted(std::vector<Taps> all, int first) {
  for (Taps& taps : all) taps.first += static_cast<std::size_t>(first);
  return all;
}

/// Row `y` of the picture, resized along x: count x 3 values.
void resize_row(const Picture& picture, std::size_t y, const std::vector<Taps>& taps, float* out) {
  const std::uint8_t* row = picture.pixels.data() + y * static_cast<std::size_t>(picture.width) * 3;
  for (const Taps& t : taps) {
    float sum[3] = {0, 0, 0};
    const std::uint8_t* at = row + 3 * t.first;
    for (const float weight : t.weights)
      for (float& s : sum) s += weight * static_cast<float>(*at++);
    out = std::copy_n(sum, 3, out);
  }
}

/// One output row for each of `rows`, one column for each of `columns`.
void resample(const Picture& picture, const std::vector<Taps>& rows, const std::vector<Taps>& columns,
              std::span<std::uint8_t> out) {
  const std::size_t width = columns.size() * 3;
  WD_ASSERT(out.size() == rows.size() * width);
  const std::size_t first = rows.front().first, end = rows.back().first + rows.back().weights.size();
  std::vector<float> narrow((end - first) * width), sums(width);
  for (std::size_t y = first; y < end; ++y)
    resize_row(picture, y, columns, narrow.data() + (y - first) * width);
  for (std::size_t y = 0; y < rows.size(); ++y) {
    std::fill(sums.begin(), sums.end(), 0.5f);  // the half rounds to nearest
    for (std::size_t k = 0; k < rows[y].weights.size(); ++k) {
      const float weight = rows[y].weights[k];
      const float* from = narrow.data() + (rows[y].first + k - first) * width;
      for (std::size_t at = 0; at < width; ++at) sums[at] += weight * from[at];
    }
    for (std::size_t at = 0; at < width; ++at)
      out[y * width + at] = static_cast<std::uint8_t>(std::clamp(sums[at], 0.0f, 255.0f));
  }
}

}  // namespace

void resize_and_crop(const Picture& picture, const FolderImageSize& size, std::span<std::uint8_t> out) {
  const int shorter = size.shorter_side == 0 ? size.side : size.shorter_side;
  WD_ASSERT(size.side > 0 && shorter >= size.side);
  const auto resized = [&](int length) {
    const int least = std::min(picture.height, picture.width);
    return static_cast<int>(static_cast<std::int64_t>(shorter) * length / least);
  };
  const int new_height = resized(picture.height), new_width = resized(picture.width);
  const auto margin = [&](int length) {
    return static_cast<int>(std::nearbyint((length - size.side) / 2.0));
  };
  const auto rows = taps_of(picture.height, new_height, margin(new_height), size.side);
  const auto columns = taps_of(picture.width, new_width, margin(new_width), size.side);
  resample(picture, rows, columns, out);
}

void resize_box(const Picture& picture, const CropBox& box, int side, std::span<std::uint8_t> out) {
  WD_ASSERT(box.top >= 0 && box.left >= 0 && box.height > 0 && box.width > 0 &&
            box.top + box.height <= picture.height && box.left + box.width <= picture.width && side > 0);
  resample(picture, shifted(taps_of(box.height, side, 0, side), box.top),
           shifted(taps_of(box.width, side, 0, side), box.left), out);
}

}  // namespace wd::algo
