// SPDX-License-Identifier: Apache-2.0
#include "algo/data/pixel_values.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "hw/numerics/fp8.hpp"

namespace wd::algo {

PixelValues::PixelValues(const InputLayout& layout, int scale_exp, bool quantized)
    : layout_(layout), rounded_(quantized || layout.split), scale_(std::ldexp(1.0f, scale_exp)) {
  WD_ASSERT(layout.patch >= 1 && layout.deviation.size() == layout.mean.size());
  for (std::size_t code = 0; code < 256; ++code)
    fp8_[code] = numerics::fp8_to_float(static_cast<std::uint8_t>(code));
  for (std::size_t c = 0; c < layout.image_channels(); ++c) {
    WD_ASSERT(std::isfinite(layout.mean[c]) && layout.deviation[c] > 0);
    Table exact, coarse, fine;
    for (std::size_t pixel = 0; pixel < 256; ++pixel) {
      const double value = (static_cast<double>(pixel) / 255.0 - layout.mean[c]) / layout.deviation[c];
      const double scaled = std::ldexp(value, scale_exp);
      const float near = fp8_[numerics::fp8_from_float(static_cast<float>(scaled))];
      const float rest = fp8_[numerics::fp8_from_float(static_cast<float>(scaled - near))];
      exact[pixel] = static_cast<float>(value);
      coarse[pixel] = rounded_ ? near / scale_ : exact[pixel];
      fine[pixel] = rest / scale_;
    }
    exact_.push_back(exact);
    coarse_.push_back(coarse);
    fine_.push_back(fine);
  }
}

void PixelValues::quantize(std::span<const float> exact, std::span<float> coarse,
                           std::span<float> fine) const {
  if (!rounded_) {
    std::copy(exact.begin(), exact.end(), coarse.begin());
    return;
  }
  const float back = 1 / scale_;
  for (std::size_t at = 0; at < exact.size(); ++at)
    coarse[at] = fp8_[numerics::fp8_from_float(exact[at] * scale_)] * back;
  if (!layout_.split) return;
  for (std::size_t at = 0; at < exact.size(); ++at)
    fine[at] = fp8_[numerics::fp8_from_float((exact[at] - coarse[at]) * scale_)] * back;
}

}  // namespace wd::algo
