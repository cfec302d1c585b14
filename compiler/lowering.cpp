// SPDX-License-Identifier: Apache-2.0
#include "compiler/lowering.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/error.hpp"
#include "hw/formats/program/geometry.hpp"
#include "hw/formats/stream/sign_generator.hpp"
#include "hw/numerics/fp16.hpp"

namespace wd::compiler {
namespace {

constexpr std::int64_t largest_activation_units = 229376;  // 448 in units of 2^-9
constexpr double largest_fp16 = 65504;

LoweredConv lower_conv(const model::Network& network, const model::Layer& conv) {
  LoweredConv lowered;
  lowered.name = conv.name;
  lowered.conv = &conv;
  lowered.input = &network.tensors[conv.input];
  if (conv.kind != model::LayerKind::conv) {
    lowered.kernel_h = conv.kernel_h;
    lowered.kernel_w = conv.kernel_w;
    lowered.out_channels = lowered.input->channels;
  } else {
    lowered.weights = &network.weights[conv.weights];
    lowered.kernel_h = conv.pooled ? lowered.input->height : lowered.weights->kernel_h;
    lowered.kernel_w = conv.pooled ? lowered.input->width : lowered.weights->kernel_w;
    lowered.out_channels = lowered.weights->out_channels;
  }
  lowered.out_h = (lowered.input->height + 2 * conv.pad - lowered.kernel_h) / conv.stride + 1;
  lowered.out_w = (lowered.input->width + 2 * conv.pad - lowered.kernel_w) / conv.stride + 1;
  lowered.norm_count = conv.norms.size();
  return lowered;
}

/// The signed weights of one supermask, by flat index.
std::vector<std::int8_t> signed_levels(const model::Weights& weights) {
  const stream::SignGenerator generator(weights.sign_seed);
  std::vector<std::int8_t> values(weights.count());
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (weights.signs == model::SignSource::random && i % 32 == 0)
      bits = generator.signs(static_cast<std::uint32_t>(i / 32));
    const bool negative = weights.signs == model::SignSource::random ? (bits >> i % 32 & 1) != 0
                                                                     : weights.learned_signs[i] != 0;
    const auto level = static_cast<std::int8_t>(weights.levels[i]);
    values[i] = negative ? static_cast<std::int8_t>(-level) : level;
  }
  return values;
}

}  // namespace

std::vector<LoweredStep> lower_steps(const model::Network& network, bool fold) {
  std::vector<LoweredStep> steps;
  for (const model::Step& step : network.steps) {
    if (const auto* conv = std::get_if<model::Layer>(&step)) {
      steps.push_back({1, {lower_conv(network, *conv)}});
      continue;
    }
    const auto& loop = std::get<model::Loop>(step);
    LoweredStep folded{loop.count, {}};
    for (const model::Layer& conv : loop.body) folded.convs.push_back(lower_conv(network, conv));
    if (fold) {
      steps.push_back(folded);
      continue;
    }
    for (int iteration = 0; iteration < loop.count; ++iteration)
      for (LoweredConv conv : folded.convs) {
        conv.name += text(".", iteration);
        conv.first_norm = static_cast<std::size_t>(iteration);
        conv.norm_count = std::min<std::size_t>(conv.norm_count, 1);
        steps.push_back({1, {conv}});
      }
  }
  return steps;
}

int plane_count(const model::Weights& weights) {
  return std::bit_width(static_cast<unsigned>(weights.coats));
}

std::vector<program::WeightRow> pack_weights(const model::Weights& weights, const arch::Arch& arch) {
  const int pes = arch.pes_per_group, planes = plane_count(weights);
  WD_REQUIRE(planes <= arch.planes, "weights '", weights.name, "': ", weights.coats, " coats need ", planes,
             " bit-planes, the architecture has ", arch.planes, "; raise planes");
  const std::vector<std::int8_t> values = signed_levels(weights);
  const int positions = weights.kernel_h * weights.kernel_w;
  std::vector<program::WeightRow> rows;
  for (int oc0 = 0; oc0 < weights.out_channels; oc0 += pes)
    for (int position = 0; position < positions; ++position)
      for (int ic0 = 0; ic0 < weights.in_channels; ic0 += arch.chunk)
        for (int plane = 0; plane < planes; ++plane) {
          program::WeightRow row(pes);
          for (int pe = 0; pe < std::min(pes, weights.out_channels - oc0); ++pe)
            for (int lane = 0; lane < std::min(arch.chunk, weights.in_channels - ic0); ++lane) {
              const int value =
                  values[((oc0 + pe) * positions + position) * weights.in_channels + ic0 + lane];
              const bool set = std::abs(value) >> plane & 1;
              program::WeightWord& word = row[pe];
              word.mask |= std::uint64_t{set} << lane;
              // A clear mask bit with a set sign bit marks a non-zero weight without a bit in this plane.
              word.sign |= std::uint64_t{set ? value < 0 : value != 0} << lane;
            }
          rows.push_back(std::move(row));
        }
  return rows;
}

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
