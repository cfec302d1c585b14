// SPDX-License-Identifier: Apache-2.0
#include "compiler/scaling.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "hw/numerics/fp16.hpp"

namespace wd::compiler {
namespace {

constexpr std::int64_t largest_activation_units = 229376;  // 448 in units of 2^-9
constexpr double largest_fp16 = 65504;

}  // namespace

int choose_acc_shift(const LoweredConv& conv, const arch::Arch& arch) {
  const model::Weights& weights = *conv.weights;
  const std::size_t per_channel = weights.count() / static_cast<std::size_t>(weights.out_channels);
  const std::int64_t repeats = conv.conv->pooled ? conv.kernel_h * conv.kernel_w : 1;
  std::int64_t largest = 0;
  for (std::size_t channel = 0; channel < static_cast<std::size_t>(weights.out_channels); ++channel) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < per_channel; ++i) sum += weights.levels[channel * per_channel + i];
    const std::int64_t bound = sum * repeats * largest_activation_units;
    WD_REQUIRE(bound < std::int64_t{1} << (arch.acc_bits - 1), "layer ", conv.name, ": output channel ",
               channel, " can reach ", bound, ", which does not fit ", arch.acc_bits,
               " accumulator bits; raise acc_bits");
    largest = std::max(largest, bound);
  }
  int shift = 0;
  while (std::ldexp(static_cast<double>(largest), -9 - shift) > largest_fp16) ++shift;
  return shift;
}

std::uint16_t scale_gamma(std::uint16_t gamma, int acc_shift, const std::string& what) {
  const std::int64_t units = numerics::fp16_units(gamma);
  const std::uint16_t scaled = numerics::fp16_from_fixed(units, -24 + acc_shift);
  WD_REQUIRE(!numerics::fp16_is_infinite(scaled), what, ": gamma ", numerics::fp16_to_float(gamma),
             " times 2^", acc_shift, " exceeds FP16; lower the input tensor's scale_exp");
  return scaled;
}

}  // namespace wd::compiler
