// SPDX-License-Identifier: Apache-2.0
// What a training made: train.json, and the figures of several seeds.
//
// Units     fractions 0 to 1; cycles per image; seconds of training over all interrupted calls.
// Errors    a train.json with missing or mistyped keys: wd::Error naming file, key and value.
// Test      train_report_test.cpp
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "algo/train/config.hpp"
#include "algo/train/trainer.hpp"
#include "flow/judge.hpp"
#include "hw/arch/arch.hpp"

namespace wd::flow {

/// Of the compressed file that a network becomes, and of the work that it leaves to the chip.
struct CompressionForecast {
  std::uint64_t bytes = 0;
  double offchip_ratio = 0;
  std::optional<double> onchip_ratio;  // absent where the network is too large for the architecture
};

/// Of a training's steps.
struct TrainingSpeed {
  double images_per_second = 0;
  double loading_share = 0;  // of the steps' time, in which they waited for pictures
  double peak_mib = 0;       // largest resident set of the process that finished it
};

/// The keys of docs/result-files.md.
struct TrainReport {
  nlohmann::json config;  // as resolved
  std::uint64_t seed = 0;
  unsigned threads = 0;
  double seconds = 0;
  int epoch = 0;  // the one taken
  double accuracy_fp32 = 0, accuracy_fp8 = 0;
  std::optional<double> accuracy_hw;
  std::string no_hardware, no_network;  // why there is none; empty where there is one
  std::size_t weights = 0, dense_parameters = 0;
  algo::HardwareFigures hardware;
  nlohmann::json history;  // of algo::to_json(EpochRecord)
  arch::Arch arch;         // of the predicted cycles
  std::optional<CompressionForecast> compression;
  nlohmann::json energy;               // predicted, by layer; null where there is none
  std::string model_sha256;            // of model.wdm's bytes; empty where there is none
  std::string images_sha256;           // images_key() of what it was trained and tested on
  std::string program_sha256;          // of the program that trained it
  std::optional<TrainingSpeed> speed;  // absent of older trainings

  nlohmann::json to_json() const;
  /// Without what is long or the same for all: a row of several runs.
  nlohmann::json row_json() const;
  static TrainReport from_json(const nlohmann::json& value, const std::string& origin);
};

TrainReport report_of(const algo::TrainConfig& config, const algo::TrainResult& result);

/// Over several seeds; a figure that one run lacks is absent.
struct TrainSpreads {
  Spread accuracy_fp32, accuracy_fp8, seconds, bits_per_weight, bytes, value_sparsity;
  std::optional<Spread> accuracy_hw, cycles, compressed_bytes, offchip_ratio, onchip_ratio, energy_pj,
      offchip_pj;
  std::vector<std::pair<std::string, Spread>>
      layer_energy_pj;  // of the chip, by layer; empty where one run lacks it

  nlohmann::json to_json() const;
};
TrainSpreads spreads_of(const std::vector<TrainReport>& runs);

}  // namespace wd::flow
