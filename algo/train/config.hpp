// SPDX-License-Identifier: Apache-2.0
// What a training run is: network, supermask, schedule, data augmentation. Nothing else changes it.
//
// Errors    unknown keys, wrong types, values out of range: wd::Error naming the file and the key.
// Test      config_test.cpp
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "algo/data/batch.hpp"
#include "algo/supermask/supermask.hpp"

namespace wd::algo {

struct StemConfig {
  int patch = 4;   // space-to-depth of the image
  int kernel = 3;  // odd; padded to keep the size
  int channels = 64;
};

struct StageConfig {
  int channels = 64;
  int stride = 1;
  int iterations = 2;  // of the folded block
};

struct TrainConfig {
  std::string name = "hfn_fmnist";
  std::uint64_t seed = 1;
  StemConfig stem;
  bool split_pixels = false;
  std::vector<StageConfig> stages{{64, 1, 2}, {128, 2, 2}};
  CoatConfig supermask;
  int epochs = 10;     // both phases
  int fp8_epochs = 2;  // the last ones, with FP8 activations
  int batch = 128;
  double lr = 0.1;  // peak; cosine to 0 over all steps
  double momentum = 0.9;
  double weight_decay = 5e-4;  // of scores
  double warmup_epochs = 0.5;  // linear
  double label_smoothing = 0.0;
  Augmentation augmentation{true, 0};

  int fp32_epochs() const { return epochs - fp8_epochs; }
};

/// The demonstration (configs/hfn_fmnist.json) and its 25-second version (hfn_fmnist_quick.json).
TrainConfig demo_config();
TrainConfig quick_config();

/// Missing keys keep their defaults. @param origin the name in messages.
TrainConfig config_from_json(const nlohmann::json& value, const std::string& origin);
TrainConfig load_config(const std::filesystem::path& path);
nlohmann::json to_json(const TrainConfig& config);

}  // namespace wd::algo
