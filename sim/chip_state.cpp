// SPDX-License-Identifier: Apache-2.0
#include "sim/chip_state.hpp"

#include <algorithm>
#include <cstring>

#include "base/error.hpp"
#include "hw/formats/program/input_parts.hpp"

namespace wd::sim {

using arch::Instr;
using arch::Op;

namespace {

std::span<const std::uint8_t> burst_bytes(const program::Program& program, const Instr& instr,
                                          int iteration = 0) {
  const std::size_t first = program::burst_address(instr, iteration);
  return std::span(program.memory)
      .subspan(first * program::beat_bytes, std::size_t{1} * instr.count * program::beat_bytes);
}

}  // namespace

ChipState::ChipState(const program::Program& program)
    : acts(program.arch),
      norms(program.arch.norm_rows),
      program_(program),
      input_(std::size_t{program.input_beats} * program::beat_bytes),
      scratch_(std::size_t{program.scratch_beats} * program::beat_bytes),
      scores_(program.arch.score_rows * arch::block),
      bursts_(program),
      weights_(program.arch.weight_rows) {
  static constexpr std::uint8_t without_words[program::beat_bytes] = {};
  std::fill(weights_.begin(), weights_.end(), without_words);
  if (program.memory.empty()) return;        // load() brings them
  for (const Instr& instr : program.instrs)  // now: copies of this share them, on threads of their own
    if (instr.operation() == Op::LoadWeights) bursts_.at(instr, "weights: ");
}

void ChipState::place_input(std::span<const std::uint8_t> input) {
  WD_ASSERT(input.size() == input_.size());
  std::copy(input.begin(), input.end(), input_.begin());
}

void ChipState::burst(const Instr& instr, int iteration) {
  switch (instr.operation()) {
    case Op::LoadWeights: {
      const std::vector<program::PackedRow>& rows = bursts_.at(instr, "weights: ").rows;
      std::copy(rows.begin(), rows.end(), weights_.begin() + instr.weight_row);
      break;
    }
    case Op::LoadNorms: {
      const auto bytes = burst_bytes(program_, instr, iteration);
      std::memcpy(&norms[instr.norm_row], bytes.data(), bytes.size());
      break;
    }
    case Op::LoadTable: {
      const auto bytes = burst_bytes(program_, instr);
      std::copy(bytes.begin(), bytes.end(), table.begin());
      break;
    }
    case Op::LoadTensor:
    case Op::StoreTensor:
      transfer(instr);
      break;
    default:
      break;
  }
}

void ChipState::transfer(const Instr& instr) {
  const TensorPlace place = program::transferred_place(instr);
  const bool of_input = program::loads_input(program_, instr);
  std::uint8_t* beat =
      (of_input ? input_ : scratch_).data() +
      (std::size_t{1} * instr.mem_addr - (of_input ? program_.input_addr : program_.scratch_addr)) *
          program::beat_bytes;
  for (int block = 0; block < instr.in_blocks; ++block)
    for (int y = 0; y < instr.in_h; ++y)
      for (int x = 0; x < instr.in_w; ++x, beat += program::beat_bytes) {
        std::uint8_t* codes = acts.block(place, y, x, block);
        if (instr.operation() == Op::LoadTensor)
          std::copy_n(beat, program::beat_bytes, codes);
        else
          std::copy_n(codes, program::beat_bytes, beat);
      }
}

WeightKey ChipState::weight_key(const Instr& conv) const {
  const auto first = weights_.begin() + conv.weight_row;
  return {{first, first + conv.tiles_oc * program::stored_rows(conv, arch())},
          conv.planes,
          conv.in_blocks,
          conv.out_blocks,
          conv.pooled ? program::tile_positions(conv) : 1};
}

std::vector<std::uint8_t> ChipState::output_bytes(const Instr& conv) const {
  std::vector<std::uint8_t> bytes;
  if (conv.score) {
    for (int x = 0; x < conv.out_w; ++x)
      for (int channel = 0; channel < conv.out_blocks * arch::block; ++channel) {
        const std::uint16_t value = score(conv, x, channel);
        bytes.push_back(static_cast<std::uint8_t>(value));
        bytes.push_back(static_cast<std::uint8_t>(value >> 8));
      }
    return bytes;
  }
  const TensorPlace place = program::output_place(conv);
  for (int y = 0; y < conv.out_h; ++y)
    for (int x = 0; x < conv.out_w; ++x)
      for (int block = 0; block < conv.out_blocks; ++block) {
        const std::uint8_t* codes = acts.block(place, y, x, block);
        bytes.insert(bytes.end(), codes, codes + arch::block);
      }
  return bytes;
}

std::vector<std::uint16_t> ChipState::class_scores() const {
  std::vector<std::uint16_t> result;
  for (int image = 0; image < program_.batch; ++image)
    for (std::uint32_t c = 0; c < program_.classes; ++c)
      result.push_back(scores_[program_.score_index(image, c)]);
  return result;
}

}  // namespace wd::sim
