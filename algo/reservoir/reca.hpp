// SPDX-License-Identifier: Apache-2.0
// Reservoir computing with cellular automata, measured: forest and linear readouts with the reservoir and,
// always, without it (T = 0: the same encoding, readouts and seed on the encoded image alone).
//
// A node draws the square root of the number of features, and so more with the reservoir than without. The
// forest without it is therefore measured once more with the reservoir's number of draws.
//
// Errors    images of another shape or with colours, more images asked for than there are, features beyond
//           memory: wd::Error with the remedy. Configurations: unknown keys, types, ranges.
// Test      reca_test.cpp, reca_config_test.cpp
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "algo/data/image_set.hpp"
#include "algo/reservoir/linear_readout.hpp"
#include "algo/reservoir/random_forest.hpp"
#include "algo/reservoir/reservoir.hpp"

namespace wd::algo {

struct RecaConfig {
  std::string name = "reca_fmnist";
  std::string dataset = "fashion-mnist";  // or "mnist"; the caller opens it
  std::vector<std::uint64_t> seeds{1, 2, 3};
  ReservoirConfig reservoir;
  ForestConfig forest;
  LinearConfig linear;
  std::size_t train_images = 0;    // the first ones; 0: all
  std::size_t test_images = 0;     // the first ones; 0: all
  double validation_fraction = 0;  // above 0: this share of the training images takes the test images' place
  bool operator==(const RecaConfig&) const = default;
};

/// The measured configuration (configs/reca_fmnist.json) and its short version (reca_fmnist_quick.json).
RecaConfig reca_config();
RecaConfig quick_reca_config();

/// Missing keys keep their defaults. @param origin the name in messages.
RecaConfig reca_config_from_json(const nlohmann::json& value, const std::string& origin);
RecaConfig load_reca_config(const std::filesystem::path& path);
nlohmann::json to_json(const RecaConfig& config);

struct RecaOptions {
  const std::atomic<bool>* stop = nullptr;
  /// The fraction done and what is in work; called by one thread at a time.
  std::function<void(double, const std::string&)> progress{};
};

struct RecaResult {
  bool finished = false;  // false: stopped by the flag
  nlohmann::json report;  // docs/results/reca.md explains the keys
  Forest forest;          // with the reservoir
};

/// One seed.
RecaResult run_reca(const RecaConfig& config, std::uint64_t seed, const ImageSet& train, const ImageSet& test,
                    ThreadPool& pool, const RecaOptions& options = {});

/// Mean and deviation over the reports of several seeds.
nlohmann::json summarize_reca(const RecaConfig& config, const std::vector<nlohmann::json>& reports);

}  // namespace wd::algo
