// SPDX-License-Identifier: Apache-2.0
#include "algo/quantize/fold.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "hw/numerics/fp16.hpp"

namespace wd::algo {
namespace {

constexpr double fp8_largest = 448, margin = 2;
constexpr int scale_limit = 15;  // a residual's shift is the difference of two scales, at most 15

std::uint16_t to_fp16(const std::string& name, const char* what, std::size_t channel, double value) {
  const std::uint16_t bits = numerics::fp16_from_float(static_cast<float>(value));
  WD_REQUIRE(!numerics::fp16_is_nan(bits) && !numerics::fp16_is_infinite(bits), name, ": channel ", channel,
             ": ", what, " is ", value, ", beyond FP16's 65504; train with a lower 'lr' or a longer warm-up");
  return bits;
}

}  // namespace

int choose_scale_exp(double largest) {
  if (!(largest > 0)) return 0;
  return std::clamp(static_cast<int>(std::floor(std::log2(fp8_largest / (margin * largest)))),
                    -scale_limit / 2, scale_limit / 2);
}

model::Norm fold_norm(const std::string& name, const std::vector<BatchNorm::Affine>& affine,
                      int input_scale_exp, int output_scale_exp) {
  model::Norm norm;
  for (std::size_t c = 0; c < affine.size(); ++c) {
    norm.gamma.push_back(
        to_fp16(name, "gamma", c, std::ldexp(affine[c].factor, output_scale_exp - input_scale_exp)));
    norm.beta.push_back(to_fp16(name, "beta", c, std::ldexp(affine[c].offset, output_scale_exp)));
  }
  return norm;
}

}  // namespace wd::algo
