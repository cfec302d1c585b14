// SPDX-License-Identifier: Apache-2.0
// Makes the networks of an ablation: trainings or random masks, each compressed.
//
// Shape     OUT/NAME/seed_N or OUT/NAME/random holds a network each, with what `train` or `sizes`, and `compress` write. What is there is kept.
// Errors    networks that the chip cannot run with a row's design: wd::Error naming the row and the layer, before anything is made; an interruption,
//           after which the same call goes on.
// Test      cli/ablation_test.sh
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "flow/ablation/plan.hpp"
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
};

/// Whether only the files of the data set say how large images are, and of how many kinds.
bool has_own_images(const algo::TrainConfig& config);

/// Refuses what can be refused before anything is made. @param rows and points that are wanted
void check_networks(const Plan& plan, const std::vector<const Row*>& wanted, const MakeOptions& options);
/// @param data of trainings; else none
Networks make_networks(const Plan& plan, const std::vector<const Row*>& wanted, const MakeOptions& options,
                       const std::optional<algo::Dataset>& data, Context& context);

}  // namespace wd::flow::ablation
