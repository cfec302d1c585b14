// SPDX-License-Identifier: Apache-2.0
// What an output folder holds, stage by stage, and what to do next.
//
// What      a stage is done, missing, stopped (a training with a checkpoint alone) or outdated: made from another file than the one
//           that lies there now, by the SHA-256 that its result file names.
// Errors    no such folder, a result file that is damaged: wd::Error naming it.
// Not       a look into the files that are hashed.
// Test      status_test.cpp, cli/help_test.sh
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "flow/context.hpp"

namespace wd::flow {

struct StatusOptions {
  std::filesystem::path out = CommonOptions().out;

  void declare(OptionSink& sink);
};

struct StageStatus {
  std::string command, state, note;  // note: its figures, or what it was made from
};

struct StatusResult {
  std::vector<StageStatus> stages;  // those of the chain, then others that left results
  std::string next;                 // a command; empty: all is done, or the folder is a study's

  nlohmann::json to_json() const;
};

StatusResult status(const StatusOptions& options, Context& context);

}  // namespace wd::flow
