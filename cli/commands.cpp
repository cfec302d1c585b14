// SPDX-License-Identifier: Apache-2.0
// The table of subcommands, in the order of the help. Each is defined in the file of its name.
#include "cli/command.hpp"

namespace wd::cli {

Command bench_codec_command();
Command bench_train_command();
Command explore_command();
Command export_command();
Command import_command();
Command reca_command();
Command sizes_command();
Command study_command();
Command train_command();

const std::vector<Command>& commands() {
  static const std::vector<Command> list{train_command(),   study_command(),       import_command(),
                                         export_command(),  reca_command(),        sizes_command(),
                                         explore_command(), bench_train_command(), bench_codec_command()};
  return list;
}

}  // namespace wd::cli
