// SPDX-License-Identifier: Apache-2.0
// The program behind right checksums, its sections as sections.hpp packs them; then the host's input tensor.
#include "base/error.hpp"
#include "hw/formats/program/input_tensor.hpp"
#include "hw/formats/program/program.hpp"
#include "testbench/fuzz/sections.hpp"
#include "testbench/fuzz/target.hpp"

namespace wd::fuzz {

void read(std::span<const std::uint8_t> data) {
  const program::Program program = program::decode_program(unpack_sections(data, program::program_kind));
  const program::Program again = program::decode_program(program::encode_program(program, "fuzz"));
  WD_ASSERT(again.instrs.size() == program.instrs.size() && again.memory == program.memory);
  const program::InputTensor input(program);
  input.encode(std::vector<std::uint8_t>(input.image_bytes(), 77));
}

}  // namespace wd::fuzz
