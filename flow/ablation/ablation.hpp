// SPDX-License-Identifier: Apache-2.0
// ablate: what each element of network, compression and chip is worth; by a study file, or of one program's switches and arrays.
//
// Units     of an image, on average; over seeds mean and standard error.
// Errors    of plan.hpp and networks.hpp, before anything runs.
// Test      cli/ablation_test.sh
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "flow/ablate.hpp"
#include "flow/ablation/figures.hpp"
#include "flow/ablation/plan.hpp"

namespace wd::flow::ablation {

struct AblationOptions {
  AblateOptions elements;        // of the call without a study, and what both share
  std::filesystem::path config;  // the study
  std::string row;               // of it, alone; empty: all
  std::size_t images = 0;        // instead of the study's
  bool fresh = false;            // train again what is finished, too

  void declare(OptionSink& sink);
};

struct RowResult {
  Row row;
  std::string network;           // its folder's name
  std::vector<Figures> samples;  // by seed
  std::string refused;           // why the chip has no figures of it; empty where it has
  std::string command;           // that repeats it alone

  std::optional<Spread> spread(const Quantity& quantity) const { return spread_over(samples, quantity); }
  std::optional<double> mean(const Quantity& quantity) const;
  /// Mean energy of a block over the seeds, pJ.
  std::vector<std::pair<std::string, double>> blocks() const;
  Names extrapolated() const;
};

struct StudyResult {
  Plan plan;
  std::string inputs, table, caveat;
  std::string folder;  // where the commands are to be started: paths in them are as they were given
  std::string program_sha256, compressed_sha256;  // of a given model: the baseline's
  std::vector<RowResult> rows, points;            // as the plan's; one row where it was asked for alone
  std::size_t computed = 0;                       // designs that were not kept from before

  /// Of a quantity at all points of the sweep; none where one lacks it.
  std::optional<std::vector<double>> swept(const Quantity& quantity) const;
  /// Of the accuracies of a row and the baseline; none where they have the same networks.
  std::optional<Judgement> accuracy_difference(const RowResult& row) const;
  nlohmann::ordered_json to_json() const;
  std::string to_csv() const;
  std::string effects_csv() const;
};

struct AblationResult {
  std::optional<AblateResult> elements;
  std::optional<StudyResult> study;

  nlohmann::ordered_json to_json() const;
};

AblationResult ablate(const AblationOptions& options, Context& context);

}  // namespace wd::flow::ablation
