// SPDX-License-Identifier: Apache-2.0
// The table of subcommands, in the order of the help. Each is defined in the file of its name.
#include "cli/command.hpp"

namespace wd::cli {

Command demo_command();
Command train_command();
Command study_command();
Command import_command();
Command export_command();
Command reca_command();
Command sizes_command();
Command compress_command();
Command compile_command();
Command asm_command();
Command check_command();
Command objdump_command();
Command run_command();
Command platform_command();
Command cosim_command();
Command ablate_command();
Command explore_command();
Command characterize_command();
Command power_command();
Command report_command();
Command status_command();
Command bench_command();
Command bench_train_command();
Command bench_codec_command();

const std::vector<Command>& commands() {
  static const std::vector<Command> list{
      demo_command(),    train_command(),   study_command(),        import_command(),     export_command(),
      reca_command(),    sizes_command(),   compress_command(),     compile_command(),    asm_command(),
      objdump_command(), check_command(),   run_command(),          platform_command(),   cosim_command(),
      ablate_command(),  explore_command(), characterize_command(), power_command(),      report_command(),
      status_command(),  bench_command(),   bench_train_command(),  bench_codec_command()};
  return list;
}

}  // namespace wd::cli
