// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/model/input_image.hpp"

#include <cmath>

#include "base/error.hpp"
#include "hw/numerics/fp8.hpp"

namespace wd::model {

InputImage::InputImage(const Network& network)
    : InputImage(network.input_transform,
                 network.tensors[static_cast<std::size_t>(network.input)].scale_exp) {}

InputImage::InputImage(const InputTransform& transform, int scale_exp)
    : transform_(transform), coarse_(transform.mean.size()), fine_(transform.mean.size()) {
  for (std::size_t c = 0; c < transform.mean.size(); ++c)
    for (int pixel = 0; pixel < 256; ++pixel) {
      const double value =
          std::ldexp((pixel / 255.0 - transform.mean[c]) / transform.deviation[c], scale_exp);
      const std::uint8_t code = numerics::fp8_from_float(static_cast<float>(value));
      coarse_[c][static_cast<std::size_t>(pixel)] = code;
      fine_[c][static_cast<std::size_t>(pixel)] =
          numerics::fp8_from_float(static_cast<float>(value - numerics::fp8_to_float(code)));
    }
}

void InputImage::convert(std::span<const std::uint8_t> image, std::span<std::uint8_t> out) const {
  WD_ASSERT(image.size() == pixels());
  WD_ASSERT(out.size() == pixels() * (transform_.split ? 2 : 1));
  const auto patch = static_cast<std::size_t>(transform_.patch);
  const auto width = static_cast<std::size_t>(transform_.image_width);
  const std::size_t colours = transform_.mean.size();
  for (std::size_t at = 0; at < image.size(); ++at) {
    const std::size_t c = at % colours, y = at / colours / width, x = at / colours % width;
    const std::size_t position = (y / patch) * (width / patch) + x / patch;
    const std::size_t channel = ((y % patch) * patch + x % patch) * colours + c;
    out[position * channels() + channel] = coarse_[c][image[at]];
    if (transform_.split)
      out[position * channels() + patch * patch * colours + channel] = fine_[c][image[at]];
  }
}

}  // namespace wd::model
