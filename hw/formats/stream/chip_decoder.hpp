// SPDX-License-Identifier: Apache-2.0
// The chip's weight decoder, clock cycle by clock cycle: what it takes from the bus and which rows it writes when.
//
// Shape     beats of a burst as chip_stream.hpp makes them; a row as program::WeightRow has it, plane by plane.
// Timing    three beats are held; ready() while the third place is free. In a cycle, from the registers before it:
//           header: a held beat is taken. lengths: the next; then 13 cycles, in which the table is checked. symbols: a held beat a
//           cycle. generator: its one or two. Then, until all chunks are done, in each cycle one of:
//             a row of a finished chunk (whose signs are there) is written, planes rising;
//             a symbol step (chip_steps.hpp), if the next 8 words are held, or all that are left, and the frozen weights are there;
//             nothing.
//           So with n(j) words that step j takes and word w held from cycle a(w) on, behind its beat's, of W words, without generator:
//             t(j) = max(t(j - 1) + 1 + rows, a(min(n(0) + .. + n(j - 1) + 8, W) - 1)),  rows = planes if j begins another chunk.
//           Generator: sign_key_cycles cycles make the round keys; from then on groups enter a pipeline of sign_stages stages in
//           order, chunk by chunk: 64 channels' frozen weights, if they are generated, then 64 / signers groups of signs, if they
//           are random. It stands while the group at its end belongs to a later chunk than the one that is decoded, or rows are
//           written. Frozen weights are with the decoders a cycle behind the end of the pipeline, and rows are written no earlier than placing_cycles + 1 behind a step: lanes are found in between.
// Errors    fault() behind the last cycle of a burst; busy() falls. Beats that come then are not taken.
// Test      chip_stream_test.cpp, testbench/rtl/decoder_test.cpp (RTL, cycle for cycle)
#pragma once

#include <cstdint>
#include <optional>

#include "hw/formats/stream/chip_steps.hpp"
#include "hw/formats/stream/chip_stream.hpp"
#include "hw/formats/stream/sign_generator.hpp"

namespace wd::stream {

/// What a decoder has done, over all its bursts: counters of hw/arch/counters.def.
struct ChipActivity {
  std::uint64_t cycles = 0;       // with a burst
  std::uint64_t words = 0;        // that decoders have taken
  std::uint64_t rows = 0;         // that were written
  std::uint64_t sign_groups = 0;  // that have left the generator

  bool operator==(const ChipActivity&) const = default;
};

class ChipDecoder {
 public:
  struct Row {
    int plane = 0;
    std::array<std::uint16_t, chip_channels> mask{}, sign{};
  };

  explicit ChipDecoder(ChipDecoderShape shape = {}) : shape_(shape) {}

  /// A burst begins with the next cycle.
  void start();
  bool busy() const { return state_ != State::idle; }
  ChipFault fault() const { return fault_; }
  const ChipActivity& activity() const { return activity_; }
  /// Of a burst that has ended without a fault: beats that were taken and not looked at.
  int unused_beats() const { return held_ - (used_words_ != 0 ? 1 : 0); }
  /// Whether a beat that comes in this cycle is taken.
  bool ready() const { return busy() && held_ < held_beats; }
  /// The row that is written in this cycle.
  std::optional<Row> row() const;
  /// No more beats come: from the next cycle on a wait for one is a fault, `cut`.
  void end() { ended_ = true; }
  /// The cycle ends. @param beat that comes in it and is taken, or null
  void clock(const std::uint8_t* beat);

 private:
  static constexpr int held_beats = 3;
  enum class State { idle, header, lengths, check, symbols, numbers, freeze, stream };

  void stop(ChipFault fault);
  bool starves() const;
  bool rows_due() const;
  void drop_beat();
  bool take_beat(std::uint8_t* beat);
  void begin_stream();
  void stream_cycle();
  bool generates() const { return header_.random_signs || header_.frozen; }
  int freeze_groups() const { return header_.frozen ? chip_channels : 0; }
  int groups() const { return freeze_groups() + (header_.random_signs ? chip_channels / shape_.signers : 0); }
  void generator_cycle(int chunk, bool rows);

  ChipDecoderShape shape_;
  State state_ = State::idle;
  ChipFault fault_ = ChipFault::none;
  std::array<std::array<std::uint8_t, chip_beat_bytes>, held_beats> beats_{};
  int held_ = 0, used_words_ = 0;  // beats; words of the first
  int count_ = 0;                  // cycles or beats in a state
  bool ended_ = false;
  ChipHeader header_;
  ChipTable table_;
  std::optional<ChipSteps> steps_;
  int plane_ = 0;

  ChipGenerator generator_;
  ChipActivity activity_;
  std::optional<SignGenerator> sign_blocks_;
  bool frozen_there_ = false;  // the present chunk's, in the decoders
  int placing_ =
      0;  // cycles until the last step's weights are in the chunk, if they pass the search for lanes
  int key_cycles_ = 0, enter_chunk_ = 0, enter_group_ = 0, arrived_ = 0;
  std::vector<int> pipeline_;  // chunk of the group in each stage, the last at its end; -1: none
};

inline constexpr int sign_stages = 13, sign_key_cycles = 22, placing_cycles = 3;

}  // namespace wd::stream
