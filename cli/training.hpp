// SPDX-License-Identifier: Apache-2.0
// Single trainings, for the commands that run several.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

#include "algo/data/dataset.hpp"
#include "algo/train/config.hpp"
#include "cli/job.hpp"

namespace wd::cli {

algo::Dataset open_data(const Job& job, const algo::TrainConfig& config);

/// One training in `folder`: model.wdm (where the chip has such networks), train.json, checkpoint.wdc.
/// Continues from the checkpoint unless job.fresh. Errors: a folder that another process trains in; an
/// interruption, after the checkpoint is written.
nlohmann::json train_one(Job& job, const algo::TrainConfig& config, const algo::Dataset& data,
                         const std::filesystem::path& folder);

/// Mean and standard deviation (n - 1) of a key over runs; null where a run has none.
nlohmann::json spread(const nlohmann::json& runs, const char* key);

}  // namespace wd::cli
