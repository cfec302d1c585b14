// SPDX-License-Identifier: Apache-2.0
// A cellular-automaton reservoir over several seeds: OUT/reca.json, one reca-seed-N.json per seed, and forest.wdf (of
// the first seed). Finished seeds are kept: an interrupted command goes on with the next one.
//
// Errors    configurations, data sets without a folder, interruptions: wd::Error.
// Test      cli/reca_test.sh, algo/reservoir/reca_test.cpp
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

#include "flow/context.hpp"

namespace wd::flow {

struct RecaOptions {
  CommonOptions common;
  DataOptions data;
  std::filesystem::path config;  // empty: the measured one
  bool quick = false, fresh = false;
  std::uint64_t seed = 0;            // 0: the configuration's
  std::vector<std::uint64_t> seeds;  // empty: likewise

  void declare(OptionSink& sink);
};

/// The keys of docs/results/reca.md.
struct RecaReport {
  nlohmann::json summary;  // of algo::summarize_reca
  bool data_verified = false;

  nlohmann::json to_json() const;
};

RecaReport reca(const RecaOptions& options, Context& context);

}  // namespace wd::flow
