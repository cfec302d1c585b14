// SPDX-License-Identifier: Apache-2.0
// Single trainings, for the commands that run one or several.
//
// Errors    another training's checkpoint in the folder, an interruption (after the checkpoint is written), what
//           algo/train refuses: wd::Error.
// Test      cli/checkpoint_test.sh, cli/kill_test.sh, cli/lock_test.sh, cli/demo_test.sh
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "algo/data/dataset.hpp"
#include "algo/train/config.hpp"
#include "flow/context.hpp"
#include "flow/train_report.hpp"
#include "hw/arch/arch.hpp"

namespace wd::flow {

/// What does not change what is trained.
struct TrainingRun {
  unsigned threads = 0;  // 0: all of the machine
  arch::Arch arch;       // of the predicted cycles
  bool fresh = false;    // begin again, whatever the folder holds
  double checkpoint_seconds = 60;
};

algo::Dataset open_data(const algo::TrainConfig& config, const DataOptions& options);

/// Whether a training in `folder` continues from its checkpoint.
/// Errors: a checkpoint of another configuration: wd::Error naming what differs and the remedy.
bool continues(const algo::TrainConfig& config, const std::filesystem::path& folder);

/// Writes model.wdm, or removes that of an earlier network where this one has none. @return its SHA-256, or ""
std::string write_or_remove_model(const algo::TrainResult& result, const std::filesystem::path& folder);

/// One training in `folder`, which exists and is held: model.wdm (where the chip has such networks), train.json,
/// checkpoint.wdc. @param teacher the folder of the training that it learns from; empty: the configuration's
TrainReport train_one(const algo::TrainConfig& config, const algo::Dataset& data,
                      const std::filesystem::path& folder, const TrainingRun& run, Context& context,
                      const std::filesystem::path& teacher = {});

/// Names images by their number, labels and pixels; those of a set of more than 64 MiB by the pixels of 1000, evenly spread, and of
/// one decoded on demand by names and sizes of the files, too.
std::string images_key(const algo::Dataset& data);

/// One of the trainings of a study.
struct Training {
  algo::TrainConfig config;
  std::filesystem::path folder;             // its own
  std::filesystem::path link = {};          // to that folder, for people; empty: none
  std::optional<std::size_t> teacher = {};  // the one of the same list whose network it learns from
};

/// One of several trainings is there.
struct TrainingNews {
  std::size_t index;  // its place in the list
  const TrainReport& report;
  bool kept;         // from before this call
  std::size_t left;  // trainings that are to be done yet, here or elsewhere
};

/// All of them, in their order: those that are finished are read back (one of another build of the program is kept, and said), the others run here one after the other, but for those that
/// other processes with the same list train meanwhile, which are waited for.
/// Errors: a folder with a training of another configuration or of other images: wd::Error naming its file and the remedy.
/// @param images images_key() of the data @param claims a folder for this alone, see WorkShares
std::vector<TrainReport> train_all(const std::vector<Training>& trainings, const algo::Dataset& data,
                                   const std::string& images, const std::filesystem::path& claims,
                                   const TrainingRun& run, Context& context,
                                   const std::function<void(const TrainingNews&)>& tell = {});

/// Makes `link` one to that folder, relative, in the place of a former one.
void link_folder(const std::filesystem::path& link, const std::filesystem::path& folder);

}  // namespace wd::flow
