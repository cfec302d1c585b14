// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/program/memory_blocks.hpp"

#include <algorithm>

namespace wd::program {
namespace {

using arch::Instr;
using arch::Op;
using Kind = MemoryBlock::Kind;

constexpr std::int64_t norm_row_beats = 4;

bool earlier(const MemoryBlock& a, const MemoryBlock& b) {
  return std::pair(a.first, a.beats) < std::pair(b.first, b.beats);
}

/// What all bursts of one kind read, of all iterations of loops.
std::vector<MemoryBlock> bursts(const Program& program, Op op) {
  std::vector<MemoryBlock> blocks;
  std::int64_t iterations = 1;
  for (const Instr& instr : program.instrs) {
    if (instr.operation() == Op::Loop) iterations = instr.count;
    if (instr.operation() == Op::EndLoop) iterations = 1;
    if (instr.operation() != op) continue;
    if (op == Op::LoadWeights)
      blocks.push_back(
          {instr.coded ? Kind::coded : Kind::weights, instr.mem_addr, instr.count, instr.weight_row});
    else
      blocks.push_back({Kind::norms, instr.mem_addr,
                        instr.count + norm_row_beats * instr.norm_step * (iterations - 1), 0});
  }
  std::stable_sort(blocks.begin(), blocks.end(), earlier);
  return blocks;
}

/// Bursts of weights that no other one cuts: which rows two of them share, a row's header alone says.
std::vector<MemoryBlock> weight_blocks(const Program& program) {
  std::vector<MemoryBlock> blocks;
  for (const MemoryBlock& burst : bursts(program, Op::LoadWeights))
    if (blocks.empty() || burst.first >= blocks.back().end()) blocks.push_back(burst);
  return blocks;
}

/// Runs of normalization rows; several bursts may read a row.
std::vector<MemoryBlock> norm_blocks(const Program& program) {
  const auto image = static_cast<std::int64_t>(program.memory.size()) / beat_bytes;
  std::vector<MemoryBlock> blocks;
  for (MemoryBlock burst : bursts(program, Op::LoadNorms)) {
    burst.beats = std::min(burst.beats, image - burst.first) / norm_row_beats * norm_row_beats;
    if (burst.beats <= 0) continue;
    if (blocks.empty() || burst.first > blocks.back().end()) {
      blocks.push_back(burst);
    } else if ((burst.first - blocks.back().first) % norm_row_beats == 0) {
      blocks.back().beats = std::max(blocks.back().end(), burst.end()) - blocks.back().first;
    }
  }
  return blocks;
}

}  // namespace

std::vector<MemoryBlock> memory_blocks(const Program& program) {
  std::vector<MemoryBlock> known = weight_blocks(program);
  const std::vector<MemoryBlock> weights = known;
  for (const MemoryBlock& norms : norm_blocks(program))
    if (std::none_of(weights.begin(), weights.end(), [&](const MemoryBlock& block) {
          return block.first < norms.end() && norms.first < block.end();
        }))
      known.push_back(norms);
  std::sort(known.begin(), known.end(), earlier);
  std::vector<MemoryBlock> all;
  std::int64_t next = 0;
  const auto fill = [&](std::int64_t end) {
    if (end > next) all.push_back({Kind::beats, next, end - next, 0});
  };
  for (const MemoryBlock& block : known) {
    fill(block.first);
    all.push_back(block);
    next = block.end();
  }
  fill(static_cast<std::int64_t>(program.memory.size()) / beat_bytes);
  return all;
}

}  // namespace wd::program
