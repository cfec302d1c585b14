// SPDX-License-Identifier: Apache-2.0
// The code in which the chip's weight decoder reads a burst: its table, its header beats.
//
// Shape     a code word is the escape, 2^run_log weights of level 0, or means a class of runs with a value (level, sign); 2^raw_log
//           runs share a class, and raw_log bits behind the code word say which. So a table is small: what it loses
//           against a code word for each run is stated in docs/decisions/0057-chip-weight-decoder.md.
//           Beats of a burst: header, code lengths, symbols (16 a beat), generator (if there is something to generate), then 16-bit words of the
//           decoders' streams, 8 a beat, as chip_steps.hpp orders them.
// Units     `chunks` of 64 channels first, then `narrow_chunks` of fewer: the last tile's.
// Errors    read_header(), read_lengths(): what the hardware refuses, as its cause.
// Test      chip_stream_test.cpp, testbench/rtl/decoder_test.cpp
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/files.hpp"

namespace wd::stream {

inline constexpr int chip_code_bits = 12;  // of a code word with its raw bits, at most
inline constexpr int chip_lanes = 16;      // weights of a channel in a chunk
inline constexpr int chip_channels = 64;   // of a wide chunk
inline constexpr int chip_beat_words = 8, chip_beat_bytes = 16;
inline constexpr int chip_beat_symbols = 16;
inline constexpr int chip_class_bits = 5, chip_raw_bits = 3;

/// What the decoder is built for: parameters of wd_decoder.
struct ChipDecoderShape {
  int decoders = 32;    // that work side by side, in lockstep
  int entries = 32;     // of the symbol table
  int signers = 8;      // blocks of the generator in a cycle: channels whose signs come
  bool freeze = false;  // frozen weights come from the generator; needs 8 signers
};

/// Why a burst is given up; the lowest that applies.
enum class ChipFault : std::uint8_t {
  none = 0,
  header = 1,   // a field is out of range
  table = 2,    // no complete code of that many symbols
  code = 3,     // no code word begins with these bits
  cut = 4,      // the words end inside of a code word
  overrun = 5,  // a weight behind the last chunk
  excess = 6,   // words behind the last weight
};

struct ChipHeader {
  int chunks = 0, narrow_chunks = 0, narrow_channels = 0;
  int entries = 0;
  int planes = 1;  // rows of a chunk; a level has as many bits
  bool has_signs = false, random_signs = false, frozen = false;
  int run_log = 0, raw_log = 0;
  int escape_bits = 0;  // of the escape's code word; 0: there is none
  int escape_code = 0;  // left-justified
  std::uint32_t words = 0;

  int value_bits() const { return planes + (has_signs ? 1 : 0); }
  int chunk_channels(int chunk) const { return chunk < chunks ? chip_channels : narrow_channels; }
  /// Of each tile but the last.
  int tile_channels() const { return chunks != 0 ? chip_channels : narrow_channels; }
  void write(Bytes& out) const;
  bool operator==(const ChipHeader&) const = default;
};

/// What signs and frozen weights follow from: two beats behind the table, the second if weights are frozen.
struct ChipGenerator {
  std::uint64_t sign_seed = 0;
  std::uint32_t first = 0;  // number of the first chunk: chunk n has weights 16 n to 16 n + 15 of the set
  int chunks = 0;           // of a channel; the next tile begins as many a channel later
  std::uint64_t freeze_key = 0;
  std::uint32_t pruned = 0, frozen = 0;  // 16 bits of a weight below `pruned`: pruned; below `frozen`: locked
  int level = 0;                         // of locked weights

  /// The number of a channel's chunk in a burst whose tiles but the last have so many channels.
  std::uint32_t number(int chunk, int channel, int tile_channels) const;
  void write(Bytes& out, const ChipHeader& header) const;
  void read_numbers(const std::uint8_t* beat);
  void read_freeze(const std::uint8_t* beat);
};

/// What a code word means; the escape's place holds any.
struct ChipSymbol {
  std::uint8_t run_class = 0, level = 0, sign = 0;

  std::uint8_t byte(const ChipHeader& header) const;
  static ChipSymbol of_byte(std::uint8_t byte, const ChipHeader& header);
  bool operator==(const ChipSymbol&) const = default;
};

/// A canonical code as the decoder holds it.
struct ChipTable {
  std::array<std::uint8_t, chip_code_bits + 1> counts{};  // code words of each length
  std::array<std::uint16_t, chip_code_bits + 1> end{};  // left-justified, behind each length's last code word
  std::array<std::uint8_t, chip_code_bits + 1> offset{};  // symbol's place - code word, modulo 256
  std::vector<ChipSymbol> symbols;                        // in the order of their code words

  /// Fills `end` and `offset` from `counts`. @return whether they are a code of the header's number of symbols
  bool finish(const ChipHeader& header);
  void write(Bytes& out, const ChipHeader& header) const;
};

/// @param beat 16 bytes
ChipHeader read_header(const std::uint8_t* beat);
bool usable(const ChipHeader& header, const ChipDecoderShape& shape);

}  // namespace wd::stream
