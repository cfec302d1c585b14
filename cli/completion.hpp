// SPDX-License-Identifier: Apache-2.0
// Completion of command lines by bash and zsh, of the same table as `--help`: commands, options, the words, files and
// folders that an option takes.
//
// Test      help_test.sh (asks bash), completion_test.sh
#pragma once

#include <string>

namespace wd::cli {

/// A script for bash, which needs no package, or for zsh.
std::string bash_completion();
std::string zsh_completion();

}  // namespace wd::cli
