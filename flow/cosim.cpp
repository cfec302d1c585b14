// SPDX-License-Identifier: Apache-2.0
#include "flow/cosim.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/output_folder.hpp"
#include "base/progress.hpp"
#include "flow/chip.hpp"
#include "flow/frames.hpp"

namespace wd::flow {
namespace {

/// Everything is equal until a difference is found; cycles only where two engines count them.
Agreement unrefuted(const Names& engines) {
  const auto timed = std::count_if(engines.begin(), engines.end(),
                                   [](const std::string& name) { return engine_kind(name).timed; });
  if (timed < 2) return {true, {}, {}};
  return {true, true, true};
}

void add(CosimResult& total, const LockstepResult& one, const std::string& name) {
  total.tiles += one.tiles;
  total.convolutions += one.convolutions;
  total.equal.values = *total.equal.values && one.values_equal;
  if (total.equal.cycles) total.equal.cycles = *total.equal.cycles && one.cycles_equal;
  if (total.equal.counters) total.equal.counters = *total.equal.counters && one.counters_equal;
  if (one.first) total.difference = Difference{one.first->value, text(name, ", ", one.first->where)};
  if (total.layers.empty()) total.layers = one.layers;
}

}  // namespace

void CosimOptions::declare(OptionSink& sink) {
  common.declare_out(sink);
  inputs.declare(sink);
  engines.declare(sink);
  declare_images(sink);
  switches.declare(sink);
  waves.declare(sink);
}

void CosimOptions::declare_images(OptionSink& sink) {
  sink.whole("cosim-images", images, 1, most_images, "images compared tile by tile in lockstep");
}

nlohmann::json CosimResult::to_json() const {
  nlohmann::json list = nlohmann::json::array();
  for (const LayerSummary& l : layers)
    list.push_back({{"name", l.name}, {"tiles", l.tiles}, {"cycles", l.cycles}, {"equal", l.equal}});
  nlohmann::json report{{"images", images},
                        {"batch", batch},
                        {"inputs", inputs_json(inputs)},
                        {"engines", engines},
                        {"program_crc", program_crc},
                        {"program_sha256", program_sha256},
                        {"switches", switches.bits()},
                        {"window", switches.window},
                        {"tiles", tiles},
                        {"convolutions", convolutions},
                        {"difference", difference ? nlohmann::json(difference->where) : nlohmann::json()},
                        {"layers", list}};
  const nlohmann::json verdicts = equal.to_json();
  for (const auto& item : verdicts.items()) report[item.key() + "_equal"] = item.value();
  return report;
}

CosimResult cosim(const CosimOptions& options, Context& context) {
  const Names& names = options.engines.engines;
  WD_REQUIRE(names.size() >= 2, "cosim: --engines names ", names.size(), " engine, it takes at least 2");
  Chip& chip = load_chip(context, options.common.out, options.switches.switches);
  OutputFolder folder(options.common.out);
  require_engines(names, chip.program().arch, options.common.file("program.wdp").string());
  const Inputs inputs = open_inputs(options.inputs, chip.program().dataset, chip.program().input_transform,
                                    options.images, context);
  const Frames frames(chip.program(), *inputs, options.images);
  options.waves.require(names, chip.program().arch);
  if (options.waves.window) folder.make();
  Waves waves(options.waves, options.common.out, chip, names, frames.input(0));
  CosimResult total{0,
                    chip.program().batch,
                    inputs.source,
                    names,
                    chip.crc(),
                    chip.sha256(),
                    chip.switches(),
                    0,
                    0,
                    unrefuted(names),
                    {},
                    {}};
  std::vector<sim::Engine*> engines;
  for (const std::string& name : names) engines.push_back(&chip.engine(name));
  total.difference =
      compare_loaded(engines, [&](const sim::Engine& engine) { return chip.load_counters(engine.name()); });
  if (total.difference) total.equal.counters = false;
  Progress progress("cosim", static_cast<double>(frames.count()));
  for (std::size_t i = 0; i < frames.count() && !total.difference; ++i) {
    context.check_stop();
    for (sim::Engine* engine : engines)
      if (i == 0) waves.begin(*engine);
    add(total, compare_frame(engines, chip.program(), frames.input(i)), frames.name(i));
    for (sim::Engine* engine : engines)
      if (i == 0) waves.end(*engine);
    total.images = std::min(frames.first_image(i + 1), frames.images());
    progress.update(static_cast<double>(i + 1));
  }
  folder.make();
  write_json(options.common.file("cosim.json"), total.to_json());
  WD_REQUIRE(!total.difference, "engines disagree: ", total.difference ? total.difference->where : "");
  return total;
}

}  // namespace wd::flow
