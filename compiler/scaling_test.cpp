// SPDX-License-Identifier: Apache-2.0
#include "compiler/scaling.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "base/error.hpp"
#include "hw/formats/model/random_network.hpp"
#include "hw/numerics/fp16.hpp"

using namespace wd;
using namespace wd::compiler;

TEST_CASE("scale_accumulators: the shift is the smallest that cannot overflow FP16", "[compiler]") {
  const model::Network network = model::hidden_fold_network({}, 4);
  for (const LoweredStep& step : lower_steps(network, true))
    for (const LoweredConv& conv : step.convs) {
      const model::Weights& w = *conv.weights;
      const std::size_t per = w.count() / static_cast<std::size_t>(w.out_channels);
      double worst = 0;
      for (std::size_t o = 0; o < static_cast<std::size_t>(w.out_channels); ++o) {
        double sum = 0;
        for (std::size_t i = 0; i < per; ++i) sum += w.levels[o * per + i] * 448.0;
        worst = std::max(worst, sum * (conv.conv->pooled ? conv.kernel_h * conv.kernel_w : 1));
      }
      const int shift = choose_acc_shift(conv, {});
      CHECK(std::ldexp(worst, -shift) <= 65504);
      if (shift > 0) CHECK(std::ldexp(worst, 1 - shift) > 65504);
    }
  CHECK(scale_gamma(numerics::fp16_from_float(0.75f), 3, "x") == numerics::fp16_from_float(6.0f));
  CHECK_THROWS_WITH(scale_gamma(numerics::fp16_from_float(30000.0f), 3, "layer a channel 1"),
                    Catch::Contains("layer a channel 1"));
}
