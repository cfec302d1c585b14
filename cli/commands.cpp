// SPDX-License-Identifier: Apache-2.0
// The table of subcommands, in the order of the help. Each is defined in the file of its name.
#include "cli/command.hpp"

namespace wd::cli {

Command explore_command();

const std::vector<Command>& commands() {
  static const std::vector<Command> list{explore_command()};
  return list;
}

}  // namespace wd::cli
