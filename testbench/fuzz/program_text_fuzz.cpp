// SPDX-License-Identifier: Apache-2.0
// A program's text form; what is accepted is printed and read again.
#include "base/error.hpp"
#include "hw/formats/program/program_text.hpp"
#include "testbench/fuzz/target.hpp"

namespace wd::fuzz {

void read(std::span<const std::uint8_t> data) {
  const program::Program program =
      program::read_program_text({reinterpret_cast<const char*>(data.data()), data.size()}, "fuzz.asm");
  const program::Program again = program::read_program_text(program::program_text(program), "again.asm");
  WD_ASSERT(program::encode_program(again, "again").serialize() ==
            program::encode_program(program, "fuzz").serialize());
}

}  // namespace wd::fuzz
