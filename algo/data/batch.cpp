// SPDX-License-Identifier: Apache-2.0
#include "algo/data/batch.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "algo/data/counter_random.hpp"
#include "hw/numerics/fp8.hpp"

namespace wd::algo {

std::vector<std::uint32_t> shuffled_order(std::uint64_t seed, std::uint32_t epoch, std::size_t count) {
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0u);
  for (std::size_t i = count; i > 1; --i)
    std::swap(order[i - 1], order[random_bits(seed, RandomStream::shuffle, random_index(epoch, i)) % i]);
  return order;
}

PixelValues::PixelValues(const model::InputTransform& transform, int scale_exp, bool quantized) {
  for (int pixel = 0; pixel < 256; ++pixel) {
    const auto at = static_cast<std::size_t>(pixel);
    const double exact = (pixel / 255.0 - transform.mean) / transform.deviation;
    const double scaled = std::ldexp(exact, scale_exp);
    const float coarse = numerics::fp8_to_float(numerics::fp8_from_float(static_cast<float>(scaled)));
    const float fine = numerics::fp8_to_float(numerics::fp8_from_float(static_cast<float>(scaled - coarse)));
    coarse_[at] = quantized || transform.split ? std::ldexp(coarse, -scale_exp) : static_cast<float>(exact);
    fine_[at] = std::ldexp(fine, -scale_exp);
  }
}

namespace {

struct View {
  bool flip = false;
  int dx = 0, dy = 0;
};

View view_of(const BatchRequest& request, std::uint32_t image) {
  View view;
  const std::uint64_t bits =
      random_bits(request.seed, RandomStream::augmentation, random_index(request.epoch, image));
  view.flip = request.augmentation.flip && (bits & 1);
  const auto span = static_cast<std::uint64_t>(2 * request.augmentation.shift + 1);
  view.dx = static_cast<int>((bits >> 8 & 0xffff) % span) - request.augmentation.shift;
  view.dy = static_cast<int>((bits >> 24 & 0xffff) % span) - request.augmentation.shift;
  return view;
}

}  // namespace

void fill_batch(ThreadPool& pool, const ImageSet& images, const BatchRequest& request,
                const model::InputTransform& transform, const PixelValues& values, float* input) {
  const std::size_t batch = request.indices.size();
  const int patch = transform.patch, columns = images.width / patch;
  const std::size_t plane = static_cast<std::size_t>(patch) * static_cast<std::size_t>(patch);
  const std::size_t channels = plane * (transform.split ? 2 : 1);
  constexpr std::size_t group = 16;
  pool.run((batch + group - 1) / group, [&](std::size_t chunk) {
    for (std::size_t b = chunk * group; b < std::min(batch, (chunk + 1) * group); ++b) {
      const View view = view_of(request, request.indices[b]);
      const auto image = images.image(request.indices[b]);
      for (int y = 0; y < images.height; ++y)
        for (int x = 0; x < images.width; ++x) {
          const int from_y = y - view.dy, turned = x - view.dx;
          const int from_x = view.flip ? images.width - 1 - turned : turned;
          const bool inside = from_y >= 0 && from_y < images.height && from_x >= 0 && from_x < images.width;
          const std::uint8_t pixel =
              inside ? image[static_cast<std::size_t>(from_y * images.width + from_x)] : 0;
          const auto position = static_cast<std::size_t>(y / patch * columns + x / patch);
          const auto channel = static_cast<std::size_t>(y % patch * patch + x % patch);
          float* out = input + (position * batch + b) * channels + channel;
          *out = values.coarse(pixel);
          if (transform.split) out[plane] = values.fine(pixel);
        }
    }
  });
}

}  // namespace wd::algo
