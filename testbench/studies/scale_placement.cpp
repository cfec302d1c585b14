// SPDX-License-Identifier: Apache-2.0
// scale_placement MODEL.wdm IMAGES: what it would do to move all tensor scales of a model by powers of two.
//
// What      operands of a shift below the segment of a sum (value below 4 with 8 bits) run its low bits and cost more. For each move: the
//           share of such operands, of those beyond FP8's largest value, and how many images keep their scores bit for bit and their class.
//           Operands are counted as non-zero activations times their channel's kept weights: at borders a few less are added.
// Source    docs/decisions/0036-tensor-scales.md
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <exception>

#include "algo/data/dataset.hpp"
#include "algo/data/pixel_values.hpp"
#include "algo/quantize/model_interpreter.hpp"
#include "base/error.hpp"
#include "base/integer.hpp"
#include "hw/arch/arch.hpp"
#include "hw/formats/model/network.hpp"
#include "hw/numerics/fp16.hpp"
#include "hw/numerics/fp8.hpp"

namespace wd::testbench {
namespace {

/// Operands by their activation's code.
using Operands = std::array<double, 256>;
using Scores = std::vector<numerics::Fp16>;

std::vector<double> kept_by_channel(const model::Weights& w) {
  std::vector<double> kept(index(w.in_channels));
  for (std::size_t i = 0; i < w.levels.size(); ++i) kept[i % kept.size()] += w.levels[i] != 0;
  return kept;
}

/// The same real values at scales of 2^move more.
model::Network moved(model::Network network, int move) {
  const auto scale = [](std::vector<std::uint16_t>& values, int by) {
    for (std::uint16_t& value : values)
      value = numerics::fp16_from_float(std::ldexp(numerics::fp16_to_float(value), by));
  };
  for (model::Tensor& tensor : network.tensors) tensor.scale_exp += move;
  model::for_each_layer(network, [&](model::Layer& layer, int) {
    for (model::Norm& norm : layer.norms)
      if (layer.output < 0)
        scale(norm.gamma, -move);
      else
        scale(norm.beta, move);
  });
  return network;
}

/// Adds the operands of an image, whose scores are returned.
Scores run_image(const model::Network& network, std::span<const std::uint8_t> image, Operands& operands) {
  std::vector<std::vector<std::uint8_t>> codes;
  for (const model::Tensor& t : network.tensors) codes.emplace_back(index(t.height * t.width * t.channels));
  model::InputImage(network).convert(image, codes[index(network.input)]);
  algo::ModelInterpreter direct(network);
  direct.observe([&](const model::Layer& layer, std::size_t, std::span<const numerics::Fp16> values) {
    if (layer.kind == model::LayerKind::conv) {
      const std::vector<double> kept = kept_by_channel(network.weights[index(layer.weights)]);
      const std::vector<std::uint8_t>& in = codes[index(layer.input)];
      const double strides = layer.stride * layer.stride;
      for (std::size_t i = 0; i < in.size(); ++i)
        if ((in[i] & 0x7f) != 0) operands[in[i]] += kept[i % kept.size()] / strides;
    }
    if (layer.output >= 0) codes[index(layer.output)].assign(values.begin(), values.end());
  });
  return direct.scores(image);
}

bool low(std::uint8_t code) { return std::max(code >> 3 & 15, 1) - 1 < arch::Arch{}.sum_segment; }

std::size_t class_of(const Scores& scores) {
  std::size_t best = 0;
  for (std::size_t c = 1; c < scores.size(); ++c)
    if (numerics::fp16_to_float(scores[c]) > numerics::fp16_to_float(scores[best])) best = c;
  return best;
}

int run(const std::vector<std::string>& words) {
  WD_REQUIRE(words.size() == 2, "usage: scale_placement MODEL.wdm IMAGES");
  const model::Network network = model::read_model(words[0]);
  const algo::ImageSet set = algo::open_split(network.dataset, {}, false);
  const std::size_t images = std::min<std::size_t>(std::stoul(words[1]), set.count());
  std::vector<Scores> before;
  Operands counted{};
  for (std::size_t i = 0; i < images; ++i)
    before.push_back(run_image(network, algo::pixels_of(set, i), counted));
  double all = 0;
  for (const double count : counted) all += count;
  std::printf("move  low segment  beyond 448  scores equal  class equal, of %zu images\n", images);
  for (int move = -6; move <= 3; ++move) {
    double lower = 0, beyond = 0;
    std::size_t equal = 0, alike = 0;
    for (int code = 0; code < 256; ++code) {
      const double value = std::ldexp(numerics::fp8_to_float(static_cast<std::uint8_t>(code)), move);
      if (low(numerics::fp8_from_float(static_cast<float>(value)))) lower += counted[index(code)];
      if (std::abs(value) > 448) beyond += counted[index(code)];
    }
    const model::Network other = moved(network, move);
    Operands ignored{};
    for (std::size_t i = 0; i < images; ++i) {
      const Scores scores = run_image(other, algo::pixels_of(set, i), ignored);
      equal += scores == before[i];
      alike += class_of(scores) == class_of(before[i]);
    }
    std::printf("%4d  %9.2f %%  %8.4f %%  %12zu  %11zu\n", move, 100 * lower / all, 100 * beyond / all, equal,
                alike);
  }
  return 0;
}

}  // namespace
}  // namespace wd::testbench

int main(int argc, char** argv) {
  try {
    return wd::testbench::run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
