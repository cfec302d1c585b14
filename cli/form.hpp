// SPDX-License-Identifier: Apache-2.0
// A call of a command and all that may be given to it: the command's own options and those of every command.
//
// What      command lines, help, manual pages and completions are made of what is declared here.
// Test      bad_input_test.sh, help_test.sh
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/command.hpp"
#include "cli/flags.hpp"
#include "flow/slurm.hpp"

namespace wd::cli {

/// What every command takes: what it prints, and how.
struct CallOptions {
  bool json = false, help = false, quiet = false, verbose = false;
  std::string color = "auto";

  void declare(flow::OptionSink& sink);
};

struct Form {
  explicit Form(const Command& command);

  std::unique_ptr<Call> call;
  CallOptions options;
  flow::SlurmOptions slurm;
  Flags flags;
};

/// What is declared of a command: docs/result-files.md, "Options".
nlohmann::json table_of(const Command& command);

}  // namespace wd::cli
