// SPDX-License-Identifier: Apache-2.0
// Has a job array of Slurm do the work of a command whose processes share it, and waits.
//
// What      every task of the array is the command itself, on the folder that all of them see: each takes pieces that nobody has
//           (WorkShares). A task that fails or is killed is submitted again, a few times; what it had goes to others. When the tasks
//           are done, the process that submitted them finds every piece kept and goes on as it does without Slurm.
// Resumed   OUT/slurm/state.json names the job: the same command, started again, waits for it.
// Errors    missing tools, with Debian's package; a job of another command that is still in the queue; tasks that failed at every
//           attempt, with the last line of each one's log; an interruption: wd::Error.
// Test      slurm_test.cpp, cli/slurm_test.sh
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "flow/context.hpp"

namespace wd::flow {

struct SlurmOptions {
  bool use = false, dry_run = false;
  std::string partition, time, memory;  // as sbatch takes them; empty: the cluster's defaults
  unsigned tasks = 4, cores = 1, attempts = 3;

  void declare(OptionSink& sink);
};

/// What a task runs, from any folder.
struct SlurmCommand {
  std::vector<std::string> words;  // the program and its arguments
  std::filesystem::path folder;    // where it starts
  std::filesystem::path out;       // its output folder
};

/// The script for sbatch.
std::string slurm_script(const SlurmOptions& options, const SlurmCommand& command);
/// "0-2,5": places in an array as sbatch takes them. @param tasks in rising order
std::string slurm_array(const std::vector<unsigned>& tasks);
/// Submits, waits, submits again what failed.
void run_on_slurm(const SlurmOptions& options, const SlurmCommand& command, Context& context);

}  // namespace wd::flow
