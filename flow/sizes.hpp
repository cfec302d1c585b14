// SPDX-License-Identifier: Apache-2.0
// A published network's size, or that of a configuration's, by the papers' formulas and in real coded bytes.
//
// Errors    unknown networks and data sets, folds and fractions that do not fit, models that the chip's format
//           lacks: wd::Error, before anything is written.
// Test      algo/compress/sizes_test.cpp (the published figures), cli/bad_input_test.sh
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "algo/compress/sizes.hpp"
#include "flow/context.hpp"

namespace wd::flow {

struct SizesOptions {
  CommonOptions common;
  std::string net = "resnet50", dataset = "cifar100";
  std::filesystem::path
      config;  // of a training, instead of net, dataset and fold, and of the masks unless coats are given
  std::string baseline;       // empty: the same network
  std::vector<int> fold;      // stages; of a ResMLP one number, its shared layers
  std::vector<double> coats;  // empty: 0.7, or as the configuration has it
  std::string signs;          // random or learned; empty: random, or as the configuration has it
  double freeze = 0;
  bool model = false;  // model.wdm with random masks

  void declare(OptionSink& sink);
};

struct SizesReport {
  SizesOptions asked;
  std::string baseline;
  compress::Sizes sizes;
  std::optional<nlohmann::json> masks;  // of the configuration, if they are what was asked for
  std::optional<std::filesystem::path> model;
  std::vector<int> idle_folds;  // stages of --fold that have nothing to share

  nlohmann::json to_json() const;
};

SizesReport sizes(const SizesOptions& options, Context& context);

}  // namespace wd::flow
