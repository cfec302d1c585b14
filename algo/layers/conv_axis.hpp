// SPDX-License-Identifier: Apache-2.0
// Which input and output coordinates a convolution's kernel connects along one axis of the image.
#pragma once

#include <cstddef>
#include <vector>

namespace wd::algo {

struct ConvAxis {
  struct Link {
    std::size_t tap, other;  // the coordinate on the other side
  };
  std::vector<std::vector<Link>> of_output, of_input;  // ordered by tap

  ConvAxis(int inputs, int outputs, int kernel, int stride, int pad)
      : of_output(static_cast<std::size_t>(outputs)), of_input(static_cast<std::size_t>(inputs)) {
    for (int tap = 0; tap < kernel; ++tap)
      for (int out = 0; out < outputs; ++out) {
        const int in = out * stride + tap - pad;
        if (in < 0 || in >= inputs) continue;
        const auto from = static_cast<std::size_t>(in), to = static_cast<std::size_t>(out);
        of_output[to].push_back({static_cast<std::size_t>(tap), from});
        of_input[from].push_back({static_cast<std::size_t>(tap), to});
      }
  }
};

}  // namespace wd::algo
