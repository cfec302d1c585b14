// SPDX-License-Identifier: Apache-2.0
#include "sim/chip_state.hpp"

#include <algorithm>
#include <cstring>

#include "base/error.hpp"

namespace wd::sim {

using arch::Instr;
using arch::Op;

ChipState::ChipState(const program::Program& program)
    : acts(program.arch),
      norms(static_cast<std::size_t>(program.arch.norm_rows)),
      scores(static_cast<std::size_t>(program.arch.score_rows) * arch::block),
      program_(program),
      weights_(static_cast<std::size_t>(program.arch.weight_rows)) {
  static const program::WeightRow zeros(64);
  std::fill(weights_.begin(), weights_.end(), &zeros);
  for (const Instr& instr : program.instrs)
    if (instr.operation() == Op::LoadWeights && expanded_.count({instr.mem_addr, instr.count}) == 0)
      expanded_[{instr.mem_addr, instr.count}] =
          program::expand_rows({program.memory.data() + instr.mem_addr * program::beat_bytes,
                                static_cast<std::size_t>(instr.count * program::beat_bytes)},
                               program.arch, "weights");
}

void ChipState::load(const Instr& instr, std::span<const std::uint8_t> input) {
  switch (instr.operation()) {
    case Op::LoadWeights: {
      std::size_t row = static_cast<std::size_t>(instr.weight_row);
      for (const program::WeightRow& words : expanded_.at({instr.mem_addr, instr.count}))
        weights_[row++] = &words;
      break;
    }
    case Op::LoadNorms:
      std::memcpy(&norms[static_cast<std::size_t>(instr.norm_row)],
                  program_.memory.data() + instr.mem_addr * program::beat_bytes,
                  static_cast<std::size_t>(instr.count * program::beat_bytes));
      break;
    case Op::LoadInput:
      load_input(instr, input);
      break;
    default:
      break;
  }
}

void ChipState::load_input(const Instr& instr, std::span<const std::uint8_t> input) {
  WD_ASSERT(input.size() == static_cast<std::size_t>(instr.count * program::beat_bytes));
  const int chunk = arch().chunk, blocks = static_cast<int>(instr.in_blocks);
  const TensorPlace place{static_cast<int>(instr.out_base), static_cast<int>(instr.in_w),
                          (blocks * arch::block + chunk - 1) / chunk};
  const std::uint8_t* from = input.data();
  for (int y = 0; y < instr.in_h; ++y)
    for (int x = 0; x < instr.in_w; ++x)
      for (int block = 0; block < blocks; ++block, from += arch::block)
        std::memcpy(acts.block(place, y, x, block), from, arch::block);
}

TensorPlace ChipState::input_place(const Instr& conv) const {
  return {static_cast<int>(conv.in_base), static_cast<int>(conv.in_w), static_cast<int>(conv.in_blocks)};
}

TensorPlace ChipState::output_place(const Instr& conv, std::int64_t base) const {
  const int words = (static_cast<int>(conv.out_pitch) * arch::block + arch().chunk - 1) / arch().chunk;
  return {static_cast<int>(base), static_cast<int>(conv.out_w), words};
}

WeightKey ChipState::weight_key(const Instr& conv) const {
  const auto first = weights_.begin() + conv.weight_row;
  return {{first, first + conv.tiles_oc * rows_per_tile(conv)},
          conv.planes,
          conv.in_blocks,
          conv.out_blocks,
          conv.pooled ? conv.kernel_h * conv.kernel_w : 1};
}

int ChipState::rows_per_tile(const Instr& conv) const {
  const std::int64_t positions = conv.pooled ? 1 : conv.kernel_h * conv.kernel_w;
  return static_cast<int>(positions * conv.in_blocks * conv.planes);
}

std::vector<std::uint8_t> ChipState::output_bytes(const Instr& conv) const {
  std::vector<std::uint8_t> bytes;
  if (conv.score) {
    for (std::int64_t i = 0; i < conv.out_blocks * arch::block; ++i) {
      const std::uint16_t score = scores[static_cast<std::size_t>(conv.out_base * arch::block + i)];
      bytes.push_back(static_cast<std::uint8_t>(score));
      bytes.push_back(static_cast<std::uint8_t>(score >> 8));
    }
    return bytes;
  }
  const TensorPlace place = output_place(conv, conv.out_base);
  for (int y = 0; y < conv.out_h; ++y)
    for (int x = 0; x < conv.out_w; ++x)
      for (int block = 0; block < conv.out_blocks; ++block) {
        const std::uint8_t* codes = acts.block(place, y, x, block);
        bytes.insert(bytes.end(), codes, codes + arch::block);
      }
  return bytes;
}

std::vector<std::uint16_t> ChipState::class_scores() const {
  return {scores.begin(), scores.begin() + program_.classes};
}

}  // namespace wd::sim
