// SPDX-License-Identifier: Apache-2.0
#include "flow/compile.hpp"

#include "cli/command.hpp"

namespace wd::cli {
namespace {

std::string show(const flow::CompileOptions& options, const flow::CompileResult& r) {
  return text(r.batch == 1 ? "" : text("frame           ", r.batch, " images\n"), "instructions    ",
              r.instructions, "\nweight rows     ", r.weight_rows,
              r.resident ? ", all on chip" : ", streamed", "\nactivation rows ", r.activation_rows, " of ",
              r.arch.act_rows, ", ", r.activation_rows_unshared, " if none were shared", "\nmemory image    ",
              r.memory_bytes, " bytes\nlisting         ", options.common.file("program.txt").string(), "\n");
}

}  // namespace

Command compile_command() {
  return make_command(
      "compile", "model.wdz to program.wdp for an architecture",
      "  whitedwarf compile --out run1\n  whitedwarf compile --out run1 --arch arch.json   with "
      "{\"pes_per_group\": 16}\n"
      "  whitedwarf compile --out run1 --batch 4          four images a frame\n",
      flow::compile, show);
}

}  // namespace wd::cli
