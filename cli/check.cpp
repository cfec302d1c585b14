// SPDX-License-Identifier: Apache-2.0
#include "cli/command.hpp"
#include "flow/assembly.hpp"

namespace wd::cli {
namespace {

std::string show(const flow::CheckOptions&, const flow::CheckResult& r) {
  return text(r.file.string(), ": nothing is read before it is there, or overwritten while it is needed\n",
              "instructions    ", r.instructions, ", of these ", r.bursts, " bursts\nmemory image    ",
              r.memory_bytes, " bytes\n");
}

}  // namespace

Command check_command() {
  return make_command("check",
                      "proves that a program reads and writes only what is there, or says what does not",
                      "  whitedwarf check --out run1                       run1/program.wdp\n"
                      "  whitedwarf check --file changed.asm               a text as objdump prints it\n",
                      flow::check, show);
}

}  // namespace wd::cli
