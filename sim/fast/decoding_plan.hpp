// SPDX-License-Identifier: Apache-2.0
// The weight decoder's clock without its work: of a burst that was decoded once, all that time needs to know.
//
// What      words that each symbol step takes, steps of each chunk; with them the decoder of hw/formats/stream/chip_decoder.hpp, cycle by cycle, but
//           that it looks up no code word and places no weight.
// Not       bursts that end with a fault: they have no plan.
// Test      known_decodings_test.cpp (against the decoder itself)
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "hw/formats/stream/chip_code.hpp"

namespace wd::sim::fast {

struct DecodingPlan {
  int symbol_beats = 0, planes = 0;
  int groups = 0, freeze_groups = 0;  // of a chunk that the generator makes
  bool numbers = false, frozen = false;
  std::uint32_t words = 0;
  std::vector<std::uint32_t> chunk_steps;  // of each chunk
  std::vector<std::uint8_t> step_words;    // of each step
};

/// Nothing of a burst that ends with a fault.
std::optional<DecodingPlan> plan_decoding(std::span<const std::uint8_t> beats,
                                          const stream::ChipDecoderShape& shape);

/// As stream::ChipDecoder, of a burst whose beats are all there in the end.
class PlannedDecoder {
 public:
  explicit PlannedDecoder(const DecodingPlan& plan) : plan_(plan) {}

  void start() { state_ = State::header; }
  bool busy() const { return state_ != State::idle; }
  bool ready() const { return busy() && held_ < 3; }
  void end() {}
  /// @param beat that comes, or null; nobody looks into it
  void clock(const std::uint8_t* beat);

 private:
  enum class State { idle, header, lengths, check, symbols, numbers, freeze, stream };

  bool chunk_finished() const { return step_ == plan_.chunk_steps[chunk_]; }
  void begin_stream();
  void stream_cycle();
  void generator_cycle(std::size_t chunk);
  bool take_beat() { return held_ != 0 && held_-- != 0; }

  const DecodingPlan& plan_;
  State state_ = State::idle;
  int held_ = 0, used_words_ = 0, count_ = 0, plane_ = 0, placing_ = 0;
  std::uint32_t words_left_ = 0, step_ = 0;
  std::size_t chunk_ = 0, next_step_ = 0;
  bool frozen_there_ = false;
  int key_cycles_ = 0, enter_group_ = 0, arrived_ = 0;
  static constexpr std::size_t stages = 13;
  std::array<std::int64_t, stages> pipeline_{};  // a ring: chunk of the group in each stage; -1: none
  std::size_t end_stage_ = 0;                    // of the ring
  std::int64_t enter_chunk_ = 0;
};

}  // namespace wd::sim::fast
