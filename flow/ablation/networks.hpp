// SPDX-License-Identifier: Apache-2.0
// Makes the networks of an ablation: trainings or random masks, each compressed.
//
// Shape     OUT/NAME/seed_N or OUT/NAME/random is a network each, kept by content (study_trainings.hpp), with what `train` or `sizes`, and `compress` write.
// Errors    networks that the chip cannot run with a row's design: wd::Error naming the row and the layer, before anything is made; an interruption,
//           after which the same call goes on.
// Test      cli/ablation_test.sh
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "flow/ablation/plan.hpp"
#include "flow/chip_network.hpp"
#include "flow/context.hpp"
#include "flow/explore/plan.hpp"

namespace wd::flow::ablation {

/// A network as it came out for one seed.
struct Sample {
  std::optional<std::size_t> model;     // of those for the chip; none where it cannot be one
  std::optional<TrainReport> training;  // where it was trained
};

struct Networks {
  std::vector<std::vector<Sample>> samples;  // by the plan's network, then by seed
  std::vector<explore::StudyModel> models;   // folders with model.wdz
};

struct MakeOptions {
  std::filesystem::path out;
  DataOptions data;
  TrainingRun run;
  std::optional<algo::Dataset> images;  // of trainings, and where only they say their size; else none
};

/// Refuses what can be refused before anything is made. @param rows and points that are wanted
void check_networks(const Plan& plan, const std::vector<const Row*>& wanted, const MakeOptions& options);
Networks make_networks(const Plan& plan, const std::vector<const Row*>& wanted, const MakeOptions& options,
                       Context& context);
/// What the study's networks have to know of their images; all of them have the same.
NetworkImages images_of(const Plan& plan, const MakeOptions& options);

}  // namespace wd::flow::ablation
