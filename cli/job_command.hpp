// SPDX-License-Identifier: Apache-2.0
// The subcommands that still share one Job: their flags, help with examples, and what they run.
#pragma once

#include <boost/program_options.hpp>
#include <functional>
#include <string>
#include <vector>

#include "cli/job.hpp"

namespace wd::cli {

/// Flag groups that a command takes besides --out, --threads, --json and --help.
enum JobFlags : unsigned {
  flag_data = 1,         // --data
  flag_train = 2,        // --config, --seed, --quick, --fresh
  flag_compile = 4,      // --arch, --no-fold
  flag_engines = 8,      // --engines, --images, ...
  flag_ablate = 16,      // --ablation-images
  flag_switches = 32,    // --off, --window
  flag_compress = 1024,  // --norms, --code
  flag_bench = 64,       // WHAT
};

struct JobCommand {
  std::string name, summary, examples;
  unsigned flags = 0;
  /// Runs the command. @return its JSON
  std::function<nlohmann::json(Job&)> run;
  /// What a person reads on the terminal.
  std::function<std::string(const Job&, const nlohmann::json&)> show;
};

const std::vector<JobCommand>& job_commands();

/// Parses the flags of one command. Errors: unknown flags, bad values: wd::Error with the remedy.
/// @return false if only help was asked for (it has been printed)
bool parse_flags(const JobCommand& command, const std::vector<std::string>& arguments, Job& job, bool& json);

}  // namespace wd::cli
