// SPDX-License-Identifier: Apache-2.0
#include "cli/command.hpp"
#include "flow/assembly.hpp"

namespace wd::cli {
namespace {

std::string show(const flow::AsmOptions&, const flow::AsmResult& r) {
  return text("written         ", r.file.string(), "\ninstructions    ", r.instructions, "\nmemory image    ",
              r.memory_bytes, " bytes\n");
}

}  // namespace

Command asm_command() {
  return make_command("asm", "a program's text to program.wdp",
                      "  whitedwarf objdump --out run1 > changed.asm       then change changed.asm\n"
                      "  whitedwarf asm --file changed.asm --out run2\n"
                      "  whitedwarf cosim --out run2 --data random\n",
                      flow::assemble, show);
}

}  // namespace wd::cli
