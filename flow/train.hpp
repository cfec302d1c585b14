// SPDX-License-Identifier: Apache-2.0
// The command `train`: one training into OUT, or one for each of several seeds into OUT/seed_N with their spread in
// OUT/train.json.
//
// Errors    a configuration, architecture, folder or data set that cannot be used, a checkpoint of another
//           configuration: wd::Error before any training.
// Test      cli/refused_early_test.sh, cli/checkpoint_test.sh
#pragma once

#include <cstdint>
#include <filesystem>
#include <variant>
#include <vector>

#include "flow/training.hpp"

namespace wd::flow {

struct TrainOptions {
  CommonOptions common;
  DataOptions data;
  ArchOptions arch;
  std::filesystem::path config;  // empty: the demonstration's
  bool quick = false, fresh = false;
  double checkpoint_seconds = 60;
  std::uint64_t seed = 0;            // 0: the configuration's
  std::vector<std::uint64_t> seeds;  // of several trainings, one after the other

  void declare(OptionSink& sink);
};

/// The configuration that is asked for.
algo::TrainConfig resolve_config(const TrainOptions& options);

struct SeedsReport {
  nlohmann::json config;  // without the seed
  std::vector<TrainReport> runs;
  TrainSpreads spreads;

  nlohmann::json to_json() const;
};

/// Of one training, or of several seeds.
struct TrainOutcome {
  std::variant<TrainReport, SeedsReport> report;

  nlohmann::json to_json() const;
};

TrainOutcome train(const TrainOptions& options, Context& context);

/// The training of one seed.
TrainReport train_network(const TrainOptions& options, Context& context);

}  // namespace wd::flow
