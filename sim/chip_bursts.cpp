// SPDX-License-Identifier: Apache-2.0
// Bursts of a chip whose memory is outside of the program.
//
// Errors    weight rows that are cut off, or do not fit the buffer: wd::Error.
#include <algorithm>
#include <cstring>

#include "sim/chip_state.hpp"

namespace wd::sim {

using arch::Instr;
using arch::Op;

bool ChipState::load(const Instr& instr, int iteration, std::span<const std::uint8_t> beats) {
  bool other = false;
  switch (instr.operation()) {
    case Op::LoadWeights: {
      Loaded& its = loaded_[{instr.mem_addr, instr.count, instr.coded}];
      other = !std::equal(beats.begin(), beats.end(), its.beats.begin(), its.beats.end());
      if (other) {
        its.beats.assign(beats.begin(), beats.end());
        its.bytes = std::make_shared<const Bytes>(
            instr.coded ? program::decode_rows(its.beats, arch(), "weights: ").rows : its.beats);
        its.rows = program::packed_rows(*its.bytes, arch(), "weights");
      }
      const auto first = static_cast<std::size_t>(instr.weight_row);
      WD_REQUIRE(first + its.rows.size() <= weights_.size(), "weights: ", its.rows.size(), " rows from row ",
                 first, " on, the weight buffer has ", weights_.size());
      owners_.resize(weights_.size());
      std::copy(its.rows.begin(), its.rows.end(), weights_.begin() + instr.weight_row);
      std::fill_n(owners_.begin() + instr.weight_row, its.rows.size(), its.bytes);
      break;
    }
    case Op::LoadNorms:
      std::memcpy(&norms[static_cast<std::size_t>(instr.norm_row)], beats.data(), beats.size());
      break;
    case Op::LoadTable:
      std::copy(beats.begin(), beats.end(), table.begin());
      break;
    case Op::LoadTensor: {
      const TensorPlace place = program::transferred_place(instr);
      const std::uint8_t* beat = beats.data();
      for (int block = 0; block < instr.in_blocks; ++block)
        for (int y = 0; y < instr.in_h; ++y)
          for (int x = 0; x < instr.in_w; ++x, beat += program::beat_bytes)
            std::copy_n(beat, program::beat_bytes, acts.block(place, y, x, block));
      break;
    }
    default:
      break;
  }
  static_cast<void>(iteration);  // the address alone depends on it
  return other;
}

std::vector<std::uint8_t> ChipState::stored(const Instr& instr) const {
  std::vector<std::uint8_t> beats(std::size_t{1} * static_cast<unsigned>(instr.count) * program::beat_bytes);
  std::uint8_t* beat = beats.data();
  if (instr.operation() == Op::StoreScores) {
    const std::size_t first = std::size_t{1} * static_cast<unsigned>(instr.out_base) * arch::block;
    for (std::size_t i = 0; i < beats.size() / 2; ++i) {
      const std::uint16_t score = scores_[first + i];
      *beat++ = static_cast<std::uint8_t>(score);
      *beat++ = static_cast<std::uint8_t>(score >> 8);
    }
    return beats;
  }
  const TensorPlace place = program::transferred_place(instr);
  for (int block = 0; block < instr.in_blocks; ++block)
    for (int y = 0; y < instr.in_h; ++y)
      for (int x = 0; x < instr.in_w; ++x, beat += program::beat_bytes)
        std::copy_n(acts.block(place, y, x, block), program::beat_bytes, beat);
  return beats;
}

void ChipState::take_buffers(const ChipState& other) {
  WD_ASSERT(arch() == other.arch());
  acts.take(other.acts);
  norms = other.norms;
  table = other.table;
  scores_ = other.scores_;
  weights_ = other.weights_;
  loaded_ = other.loaded_;
  owners_ = other.owners_;
}

}  // namespace wd::sim
