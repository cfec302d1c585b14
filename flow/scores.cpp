// SPDX-License-Identifier: Apache-2.0
#include "flow/scores.hpp"

#include <cstdio>

#include "hw/numerics/fp16.hpp"

namespace wd::flow {

std::string scores_text(const Frames& inputs, const std::vector<sim::FrameResult>& frames) {
  std::string out;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const std::size_t images = std::min(inputs.first_image(i + 1), inputs.images()) - inputs.first_image(i);
    const std::vector<std::uint16_t>& scores = frames[i].scores;
    const std::size_t classes = scores.size() / (inputs.places() / inputs.count());
    for (std::size_t s = 0; s < images * classes; ++s) {
      char digits[32];
      std::snprintf(digits, sizeof digits, "%.9g", static_cast<double>(numerics::fp16_to_float(scores[s])));
      out += digits;
      out += s % classes + 1 == classes ? '\n' : ',';
    }
  }
  return out;
}

}  // namespace wd::flow
