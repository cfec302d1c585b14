// SPDX-License-Identifier: Apache-2.0
#include "cli/command.hpp"
#include "flow/assembly.hpp"
#include "hw/formats/program/program_text.hpp"

namespace wd::cli {
namespace {

std::string show(const flow::ObjdumpOptions& options, const flow::ObjdumpResult& r) {
  return program::program_text(r.program, !options.no_memory);
}

}  // namespace

Command objdump_command() {
  return make_command("objdump", "program.wdp as text, which asm makes the same program.wdp of",
                      "  whitedwarf objdump --out run1 > program.asm\n"
                      "  whitedwarf objdump --out run1 --no-memory | less\n"
                      "  whitedwarf objdump --out run1 --json             instructions by field\n",
                      flow::objdump, show);
}

}  // namespace wd::cli
