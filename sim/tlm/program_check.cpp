// SPDX-License-Identifier: Apache-2.0
#include "sim/tlm/program_check.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "hw/arch/row_outside.hpp"

namespace whitedwarf {

using wd::arch::Instr;
using wd::arch::Op;

void check_program(const wd::arch::Arch& arch, const std::vector<Instr>& written, const PeekMemory& peek) {
  wd::program::Program program;
  program.arch = arch;
  program.instrs = written;
  std::vector<Instr>& instrs = program.instrs;
  for (Instr& instr : instrs) {
    if (wd::arch::find_operation(instr.op) != nullptr && !wd::arch::row_outside(instr, arch)) continue;
    instr = {};
    instr.op = static_cast<int>(Op::Wait);  // for nothing
  }
  if (instrs.size() == static_cast<std::size_t>(arch.instr_rows) && instrs.back().operation() != Op::Halt) {
    instrs.emplace_back();
    instrs.back().op = static_cast<int>(Op::Halt);
    ++program.arch.instr_rows;
  }
  WD_REQUIRE(!instrs.empty(), "no instruction was written");
  std::uint32_t image = 0, input_first = ~0u, input_end = 0, iterations = 1;
  std::uint32_t stored_first = ~0u, stored_end = 0;
  int layers = 1, images = 0;
  for (const Instr& instr : instrs) {
    const auto first = static_cast<std::uint32_t>(instr.mem_addr),
               count = static_cast<std::uint32_t>(instr.count);
    layers = std::max(layers, instr.layer + 1);
    if (images == 0) images = instr.images;
    switch (instr.operation()) {
      case Op::Loop:
        iterations = count;
        break;
      case Op::EndLoop:
        iterations = 1;
        break;
      case Op::LoadWeights:
      case Op::LoadNorms:
      case Op::LoadTable:
        image = std::max(image,
                         first + count + 4 * static_cast<std::uint32_t>(instr.norm_step) * (iterations - 1));
        break;
      case Op::StoreScores:
        program.score_addr = first;
        program.score_beats = count;
        break;
      case Op::StoreTensor:
        stored_first = std::min(stored_first, first);
        stored_end = std::max(stored_end, first + count);
        break;
      default:
        break;
    }
  }
  // What is loaded in front of the scores is the input.
  for (const Instr& instr : instrs)
    if (instr.operation() == Op::LoadTensor &&
        static_cast<std::uint32_t>(instr.mem_addr) < program.score_addr) {
      input_first = std::min(input_first, static_cast<std::uint32_t>(instr.mem_addr));
      input_end = std::max(input_end, static_cast<std::uint32_t>(instr.mem_addr + instr.count));
    }
  program.memory.resize(std::size_t{image} * wd::program::beat_bytes);
  if (!peek(0, program.memory)) return;
  program.input_addr = input_end == 0 ? image : input_first;
  program.input_beats = input_end == 0 ? 1 : input_end - input_first;
  program.scratch_addr = stored_end == 0 ? program.score_addr + program.score_beats : stored_first;
  program.scratch_beats = stored_end == 0 ? 0 : stored_end - stored_first;
  program.batch = std::max(1, images);
  program.classes = 1;
  program.layers.resize(static_cast<std::size_t>(layers));
  program.input_transform.image_height = program.input_transform.image_width = 1;
  program.input_transform.patch = 1;
  const auto halt =
      std::find_if(instrs.begin(), instrs.end(), [](const Instr& i) { return i.operation() == Op::Halt; });
  program.frame_entry = static_cast<std::uint32_t>(halt - instrs.begin()) + 1;
  wd::program::check(program, "instruction memory");
}

}  // namespace whitedwarf
