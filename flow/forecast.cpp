// SPDX-License-Identifier: Apache-2.0
#include "flow/forecast.hpp"

#include <algorithm>

#include "algo/data/pixel_values.hpp"
#include "base/error.hpp"
#include "compiler/compile.hpp"
#include "flow/figures.hpp"
#include "hw/formats/program/input_tensor.hpp"
#include "hw/formats/stream/compressed_model.hpp"
#include "sim/fast/fast_engine.hpp"

namespace wd::flow {
namespace {

struct Prediction {
  double cycles;  // of an image
  OnChip onchip;
};

Prediction predict(const model::Network& network, const arch::Arch& arch, const algo::ImageSet& images) {
  const program::Program program = compiler::compile(network, {arch});
  const program::InputTensor input(program);
  sim::FastEngine engine(program, {});
  engine.load();
  constexpr std::size_t most = 4;
  const std::size_t count = std::min(most, images.count());
  arch::Counters total;
  for (std::size_t i = 0; i < count; ++i)
    total += engine.frame(input.encode(algo::pixels_of(images, i))).counters;
  const auto frames = static_cast<double>(count);
  return {static_cast<double>(total.cycles) / frames,
          onchip_compression(program, static_cast<double>(total.bit_ops) / frames)};
}

}  // namespace

double forecast_cycles(const model::Network& network, const arch::Arch& arch, const algo::ImageSet& images) {
  return predict(network, arch, images).cycles;
}

CompressionForecast forecast_compression(const model::Network& network, const arch::Arch& arch,
                                         const algo::ImageSet& images) {
  CompressionForecast forecast;
  forecast.bytes = stream::compressed_size(network).total_bytes;
  forecast.offchip_ratio =
      4 * static_cast<double>(network.dense_unfolded_parameters) / static_cast<double>(forecast.bytes);
  try {
    forecast.onchip_ratio = predict(network, arch, images).onchip.ratio();
  } catch (const Error&) {
    // Too large for the architecture: `no_cycles` has the reason.
  }
  return forecast;
}

}  // namespace wd::flow
