// SPDX-License-Identifier: Apache-2.0
// What `help`, `--help` and `-h` print.
//
// Test      help_test.sh
#pragma once

#include <string>

#include "cli/command.hpp"
#include "flow/options.hpp"

namespace wd::cli {

/// The program in one line.
inline constexpr const char* program_summary =
    "co-design of sparse, reservoir-computing-like networks and their accelerator";

/// Of the program: its commands.
std::string usage();
/// Of a command: how it is called, its options, examples.
std::string command_help(const Command& command);

/// "train [options]", "report [FOLDER ...] [options]"
std::string synopsis(const Command& command);
/// What an option's value is called, "FILE", "MHz", "SEED,..."; empty for one that takes none.
std::string value_name(const flow::Option& option);
/// Its help and its default, if there is one to tell.
std::string full_help(const flow::Option& option);

}  // namespace wd::cli
