// SPDX-License-Identifier: Apache-2.0
// The decoders of the chip in lockstep: what each does in a symbol step, and the order in which they take words.
//
// Shape     decoder d has channels d, d + D, ... of each chunk (D decoders): a code over chunk by chunk, in it its channels, in
//           them 16 lanes; of frozen weights it knows nothing: runs count free lanes. A decoder holds `bits` (at most 39), a word on its way to them, a code word looked up, a token,
//           and perhaps a pending one, whose weight lies behind the chunk.
// Timing    all registers move together, once a step; what a step reads are their values before it:
//           - a decoder with `bits` and its word below 24 bits asks; the first 8 that ask, in decoder order, are granted the
//             next words, as far as there are any, which are their words on the way behind the step;
//           - a decoder with its chunk finished does nothing else. One with a pending token places that. Any other places its token,
//             makes the next token of the code word looked up, and looks up another one, if it has 12 bits or gets no more;
//           - a token whose weight lies in the chunk is placed there; else it becomes pending, and the chunk is finished.
//           When all have finished the chunk, its rows are written, a cycle each, without steps.
// Errors    fault(): the first step's in which a token is bad that is to be placed; of several the lowest cause.
// Test      chip_stream_test.cpp, testbench/rtl/decoder_test.cpp (the same steps in RTL, cycle for cycle)
#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "hw/formats/stream/chip_code.hpp"
#include "hw/formats/stream/sign_generator.hpp"

namespace wd::stream {

class ChipSteps {
 public:
  using Chunk = std::array<std::uint8_t, chip_channels * chip_lanes>;  // [channel][lane]: level | sign << 7

  ChipSteps(const ChipHeader& header, const ChipTable& table, const ChipGenerator& generator,
            const ChipDecoderShape& shape);

  /// Words that the next step may take.
  int most_granted() const { return static_cast<int>(std::min<std::uint32_t>(chip_beat_words, words_left_)); }
  /// The decoders that are granted words in the next step, in their order.
  std::span<const int> granted();
  /// @param words of those that are granted
  void step(std::span<const std::uint16_t> words);

  bool chunk_finished() const { return unfinished_ == 0; }
  const Chunk& chunk() const { return chunk_; }
  /// Once the rows of a finished one have been written. @return whether there is one
  bool next_chunk();
  ChipFault fault() const { return fault_; }
  int present_chunk() const { return at_chunk_; }

 private:
  struct Token {
    bool valid = false;
    ChipFault fault = ChipFault::none;
    int run = 0;
    std::uint8_t level = 0, sign = 0;
  };
  /// What the next 12 bits say.
  struct Entry {
    int taken = 0;  // bits
    bool escape = false;
    Token token;
  };
  struct Decoder {
    std::uint64_t held = 0;  // left-justified
    int bits = 0;
    bool has_word = false;
    std::uint16_t word = 0;
    Token lookup, token, pending;       // lookup: the token of the code word looked up
    std::vector<std::uint16_t> places;  // in the chunk, of its free weights
    int at = 0, size = 0;
    bool finished = false;
  };

  void begin_chunk();
  void find_places(int channels);
  void place(Decoder& decoder, Token& token);
  void make_entries();
  Token look_up(Decoder& decoder) const;
  void end_load();

  ChipHeader header_;
  ChipTable table_;
  ChipGenerator generator_;
  SignGenerator blocks_;
  std::vector<Decoder> decoders_;
  std::vector<Entry> entries_;  // by the next 12 bits
  int placed_channels_ = -1;    // those of the chunk before, if its places are this one's, too
  std::vector<int> granted_;
  bool granted_known_ = false;
  std::uint32_t words_left_;
  int at_chunk_ = 0, unfinished_ = 0;
  Chunk chunk_{};
  ChipFault fault_ = ChipFault::none;
};

}  // namespace wd::stream
