// SPDX-License-Identifier: Apache-2.0
#include "flow/forecast.hpp"

#include <algorithm>

#include "algo/data/pixel_values.hpp"
#include "base/error.hpp"
#include "compiler/compile.hpp"
#include "flow/figures.hpp"
#include "flow/layer_energy.hpp"
#include "hw/formats/program/input_tensor.hpp"
#include "hw/formats/stream/compressed_model.hpp"
#include "sim/fast/fast_engine.hpp"

namespace wd::flow {
namespace {

struct Prediction {
  program::Program program;
  double cycles;  // of an image
  OnChip onchip;
  sim::CounterAmounts counters;             // of an image
  std::vector<sim::CounterAmounts> layers;  // the same, by Instr::layer
};

Prediction predict(const model::Network& network, const arch::Arch& arch, const algo::ImageSet& images) {
  program::Program program = compiler::compile(network, {arch});
  const program::InputTensor input(program);
  sim::FastEngine engine(program, {});
  engine.load();
  WD_ASSERT(images.count() > 0);
  const std::vector<arch::Counters> before = engine.layer_counters();  // of the load entry
  constexpr std::size_t most = 4;
  const std::size_t count = std::min(most, images.count());
  arch::Counters total;
  for (std::size_t i = 0; i < count; ++i)
    total += engine.frame(input.encode(algo::pixels_of(images, i))).counters;
  const auto frames = static_cast<double>(count);
  std::vector<sim::CounterAmounts> layers;
  for (std::size_t i = 0; i < before.size(); ++i) {
    layers.emplace_back(engine.layer_counters()[i], frames);
    layers.back() -= sim::CounterAmounts(before[i], frames);
  }
  const OnChip onchip = onchip_compression(program, static_cast<double>(total.bit_ops) / frames);
  return {std::move(program), static_cast<double>(total.cycles) / frames, onchip,
          sim::CounterAmounts(total, frames), std::move(layers)};
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

nlohmann::json forecast_energy(const model::Network& network, const arch::Arch& arch,
                               const algo::ImageSet& images) {
  std::optional<Prediction> prediction;
  try {
    prediction = predict(network, arch, images);
  } catch (const Error&) {
    return nullptr;  // too large for the architecture: `no_cycles` has the reason
  }
  const sim::PowerTable table = PowerTableOptions{}.load();
  const sim::PowerEstimate energy = sim::estimate_power(table, prediction->counters, prediction->program.arch,
                                                        {}, sim::operating_point(table));
  nlohmann::json out =
      layer_energies(prediction->program, {}, table, prediction->counters, prediction->layers).to_json();
  out["table"] = energy.table;
  out["caveat"] = energy.caveat();
  out["chip_picojoule"] = energy.chip_pj();
  out["offchip_picojoule"] = energy.offchip_pj;
  return out;
}

}  // namespace wd::flow
