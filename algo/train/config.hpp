// SPDX-License-Identifier: Apache-2.0
// What a training run is: data set, network, supermask, optimizer,
// schedule, quantization. Nothing else changes it.
//
// Errors    unknown keys, wrong types, values out of range: wd::Error naming the file and the key.
// Test      config_test.cpp
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "algo/data/augmentation.hpp"
#include "algo/executor/executor_config.hpp"
#include "algo/kernels/fp8_format.hpp"
#include "algo/networks/network_config.hpp"
#include "algo/optimize/optimizer.hpp"
#include "algo/optimize/schedule.hpp"
#include "algo/supermask/mask_config.hpp"
#include "algo/train/averaging.hpp"

namespace wd::algo {

struct QuantizationConfig {
  int fp8_epochs = 0;  // the last ones, with FP8 activations
  Fp8Format format = Fp8Format::e4m3;
};

/// Another network's scores as targets beside the labels.
struct DistillationConfig {
  std::string teacher;  // the folder of its training; in a study the name of a variant
  double weight = 0.9;  // of them; 1 - weight is that of the labels
  double temperature = 4;

  bool on() const { return !teacher.empty(); }
};

struct TrainConfig {
  std::string name = "unnamed";
  std::string dataset = "fashion-mnist";
  int image_size = 224;  // imagenet: side of the square cut from an image whose shorter side is 8/7 of it
  std::uint64_t seed = 1;
  NetworkConfig network;
  MaskConfig supermask;
  OptimizerConfig optimizer;
  RateSchedule schedule;
  int epochs = 10;       // all phases
  int adapt_epochs = 1;  // of one coat, before an adaptive schedule sets the others
  int batch = 128;
  Precision precision = Precision::bf16;
  double label_smoothing = 0.0;
  /// Share of the training images that picks the best epoch; 0: the last epoch is taken
  double validation = 0;
  Augmentation augmentation;
  QuantizationConfig quantization;
  AveragingConfig averaging;
  DistillationConfig distillation;

  int fp32_epochs() const { return epochs - quantization.fp8_epochs; }
  ExecutorConfig executor() const { return {supermask, optimizer, seed, batch, precision}; }
};

/// The demonstration (configs/hfn_fmnist.json) and its short version (hfn_fmnist_quick.json).
TrainConfig demo_config();
TrainConfig quick_config();

/// Missing keys keep their defaults; 'network' must be there. @param origin the name in messages.
TrainConfig config_from_json(const nlohmann::json& value, const std::string& origin);
TrainConfig load_config(const std::filesystem::path& path);
nlohmann::json to_json(const TrainConfig& config);
/// Of that, what decides the training: not its name, nor where its teacher lies, whose content does.
nlohmann::json deciding(nlohmann::json config);

}  // namespace wd::algo
