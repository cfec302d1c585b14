// SPDX-License-Identifier: Apache-2.0
// run: the program on test or other images, on each engine; accuracy, cycles, counters, energy, agreement.
//
// Units     cycles and counters of an image, on average: those of a frame by the program's batch; rates of one core.
// Errors    engines that disagree, with the place of the first difference: wd::Error, after run.json is written.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "flow/activity.hpp"
#include "flow/engines.hpp"
#include "flow/figures.hpp"
#include "flow/inputs.hpp"
#include "flow/layer_energy.hpp"
#include "flow/ranges.hpp"
#include "flow/recordings.hpp"
#include "flow/waves.hpp"

namespace wd::flow {

class Context;

struct RunOptions {
  CommonOptions common;
  InputOptions inputs;
  EngineOptions engines;
  ImageOptions images;
  SwitchOptions switches;
  KernelOptions kernel;
  RecordingOptions recording;
  WavesOptions waves;
  ActivityOptions activity;
  PowerTableOptions power;
  bool scores = false, timeline = false;

  void declare(OptionSink& sink);
};

struct EngineFigures {
  std::string name;
  bool replayed = false;  // timed from a recording: speed is not that of computed values
  std::size_t images = 0;
  unsigned threads = 1;
  double seconds = 0, macs_per_second = 0;
  std::optional<double> accuracy;                                 // of labelled images
  std::optional<double> cycles, total_cycles, cycles_per_second;  // of timed engines

  nlohmann::json to_json() const;
};

/// Over all images that two engines share; nothing where no two could be compared.
struct Agreement {
  std::optional<bool> values, cycles, counters;

  nlohmann::json to_json() const;
};

/// From the engine that counts per layer.
struct DetailedFigures {
  std::string engine;
  std::vector<std::pair<std::string, double>> counters;
  OnChip onchip;
  arch::Counters load;  // of the load entry
  std::vector<LayerFigures> layers;
  CounterRanges ranges;  // over frames
  std::vector<CounterRanges> layer_ranges;
  sim::PowerEstimate energy;     // of an image
  LayerEnergies layer_energies;  // the same, by layer
  double images = 0;             // that frames have places for
};

struct RunResult {
  std::uint32_t program_crc = 0;
  std::string program_sha256;
  arch::Switches switches;
  std::size_t images = 0;  // of the engine that had most
  int batch = 1;           // images of a frame
  std::string inputs;      // where images are from; empty: the data set
  std::optional<double> accuracy;
  double dense_macs = 0;
  std::vector<EngineFigures> engines;
  Agreement equal;
  std::optional<DetailedFigures> detailed;

  nlohmann::json to_json() const;
};

RunResult run(const RunOptions& options, Context& context);

}  // namespace wd::flow
