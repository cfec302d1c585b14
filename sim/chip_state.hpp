// SPDX-License-Identifier: Apache-2.0
// The buffers that golden model and fast simulator execute on, without any timing.
//
// Shape     activations lie in banks as hw/formats/program/geometry.hpp says; docs/architecture.md.
// Test      testbench/lockstep_test.cpp
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "hw/formats/program/geometry.hpp"
#include "hw/formats/program/program.hpp"
#include "hw/formats/program/weight_bursts.hpp"
#include "hw/formats/program/weight_words.hpp"

namespace wd::sim {

using program::TensorPlace;

class ActBuffer {
 public:
  explicit ActBuffer(const arch::Arch& arch)
      : arch_(arch), bytes_(std::size_t{1} * arch.groups() * arch.act_rows * arch.chunk) {}

  std::uint8_t* word(const TensorPlace& place, int y, int x, int word) {
    return bytes_.data() + offset(place, y, x, word);
  }
  const std::uint8_t* word(const TensorPlace& place, int y, int x, int word) const {
    return bytes_.data() + offset(place, y, x, word);
  }
  /// The 16 codes of a channel block, which is a word when a chunk is 16.
  std::uint8_t* block(const TensorPlace& place, int y, int x, int block) {
    return bytes_.data() + block_offset(place, y, x, block);
  }
  const std::uint8_t* block(const TensorPlace& place, int y, int x, int block) const {
    return bytes_.data() + block_offset(place, y, x, block);
  }

  /// From a pixel's word to its next one.
  std::size_t word_step(const TensorPlace& place) const {
    return static_cast<std::size_t>(place.rows) * static_cast<std::size_t>(arch_.chunk);
  }
  int blocks_of_word() const { return arch_.chunk / arch::block; }
  void take(const ActBuffer& other) { bytes_ = other.bytes_; }

 private:
  std::size_t block_offset(const TensorPlace& place, int y, int x, int block) const {
    const int per_word = arch_.chunk / arch::block;
    return offset(place, y, x, block / per_word) + block % per_word * arch::block;
  }

  std::size_t offset(const TensorPlace& place, int y, int x, int word) const {
    const int row = program::pixel_row(place, y, x, word, arch_);
    return std::size_t{1} * (program::pixel_bank(place, y, x, arch_) * arch_.act_rows + row) * arch_.chunk;
  }

  const arch::Arch& arch_;
  std::vector<std::uint8_t> bytes_;
};

/// The channel blocks of one pixel.
class BlockWalk {
 public:
  BlockWalk(ActBuffer& acts, const TensorPlace& place, int y, int x)
      : first_(acts.word(place, y, x, 0)), step_(acts.word_step(place)), per_word_(acts.blocks_of_word()) {}

  std::uint8_t* block(int block) const {
    return first_ + static_cast<std::size_t>(block / per_word_) * step_ +
           static_cast<std::size_t>(block % per_word_ * arch::block);
  }

 private:
  std::uint8_t* first_;
  std::size_t step_;
  int per_word_;
};

/// gamma and beta of 16 channels.
struct NormRow {
  std::uint16_t gamma[arch::block], beta[arch::block];
};

/// What decoded weights depend on: kept ones are used again only where all of it is the same.
struct WeightKey {
  std::vector<program::PackedRow> rows;
  int planes, in_blocks, out_blocks, repeats;

  auto operator<=>(const WeightKey&) const = default;
};

/// Everything an instruction can see. Weight rows stay in the program's memory, as they are packed there, coded ones
/// in WeightBursts: it must outlive this.
class ChipState {
 public:
  explicit ChipState(const program::Program& program);

  /// What the host does before a frame.
  void place_input(std::span<const std::uint8_t> input);
  /// What a load brings from memory outside of the program. @return whether weight rows have other contents than when they were loaded last
  bool load(const arch::Instr& instr, int iteration, std::span<const std::uint8_t> beats);
  /// What a store sends to it.
  std::vector<std::uint8_t> stored(const arch::Instr& instr) const;
  /// Takes over what another chip of the same architecture holds in its buffers.
  void take_buffers(const ChipState& other);
  /// The functional effect of a burst. At once: no convolution can tell (hw/formats/program/burst_order.hpp).
  void burst(const arch::Instr& instr, int iteration);
  /// What a burst of the program takes: cycles from its first beat to its end, at a beat in each cycle in which the chip takes one.
  stream::ChipActivity burst_activity(const arch::Instr& instr) {
    if (instr.operation() == arch::Op::LoadWeights) return bursts_.at(instr, "weights: ").activity;
    return {.cycles = static_cast<std::uint64_t>(instr.count)};
  }
  program::WeightRow weight_row(int row) const {
    program::WeightRow words;
    weight_row(row, words);
    return words;
  }
  /// @param words to be filled anew
  void weight_row(int row, program::WeightRow& words) const {
    program::expand_row(weights_[static_cast<std::size_t>(row)], program_.arch, words);
  }

  const arch::Arch& arch() const { return program_.arch; }
  const program::Program& program() const { return program_; }

  /// Refuses a finished sum that the accumulator cannot hold.
  void require_fits(std::int64_t sum, const arch::Instr& conv, int channel) const {
    const std::int64_t limit = std::int64_t{1} << (program_.arch.acc_bits - 1);
    WD_REQUIRE(sum >= -limit && sum < limit, "layer ", program_.layers[conv.layer].name,
               ": the sum of channel ", channel, " is ", sum, ", which does not fit ", program_.arch.acc_bits,
               " accumulator bits; the program was made for another architecture");
  }

  /// The weights that a CONV reads at present.
  WeightKey weight_key(const arch::Instr& conv) const;
  /// The finished output of a CONV as H x W x C codes, or the scores' bytes.
  std::vector<std::uint8_t> output_bytes(const arch::Instr& conv) const;
  /// Of all images, one after the other.
  std::vector<std::uint16_t> class_scores() const;
  std::uint16_t& score(const arch::Instr& conv, int x, int channel) {
    return scores_[score_offset(conv, x, channel)];
  }
  std::uint16_t score(const arch::Instr& conv, int x, int channel) const {
    return scores_[score_offset(conv, x, channel)];
  }

  ActBuffer acts;
  std::vector<NormRow> norms;
  std::array<std::uint8_t, 256> table{};  // of the activation, by code

 private:
  void transfer(const arch::Instr& instr);
  static std::size_t score_offset(const arch::Instr& conv, int x, int channel) {
    return std::size_t{1} * program::score_row(conv, x, channel / arch::block) * arch::block +
           channel % arch::block;
  }

  const program::Program& program_;
  Bytes input_, scratch_;              // memory, of both areas
  std::vector<std::uint16_t> scores_;  // 16 per score row
  program::WeightBursts bursts_;
  std::vector<program::PackedRow> weights_;
  /// Of weights from outside: what they lie in, by address, beats and whether they are coded, and by row.
  struct Loaded {
    Bytes beats;
    std::shared_ptr<const Bytes> bytes;  // packed
    std::vector<program::PackedRow> rows;
  };
  std::map<std::tuple<std::int64_t, int, int>, Loaded> loaded_;
  std::vector<std::shared_ptr<const Bytes>> owners_;
};

/// Runs instructions from `entry` to HALT, calling `visit(instr, iteration)` for each but LOOP and END_LOOP.
template <typename Visit, typename Step>
void execute(const program::Program& program, std::uint32_t entry, Visit visit, Step step) {
  std::size_t pc = entry, loop_start = 0;
  int iteration = 0, count = 1;
  for (;;) {
    const arch::Instr& instr = program.instrs[pc++];
    step(instr);
    switch (instr.operation()) {
      case arch::Op::Loop:
        loop_start = pc;
        iteration = 0;
        count = instr.count;
        break;
      case arch::Op::EndLoop:
        if (iteration + 1 < count) {
          ++iteration;
          pc = loop_start;
        } else {
          iteration = 0;
        }
        break;
      default:
        visit(instr, iteration);
        if (instr.operation() == arch::Op::Halt) return;
    }
  }
}

}  // namespace wd::sim
