// SPDX-License-Identifier: Apache-2.0
// What a program's bursts of weights bring: the rows, where memory has them packed or as a coded burst's decoder makes them.
//
// Units     activity.cycles: from a burst's first beat to its last row, with a beat in each cycle in which the chip takes one.
// Errors    a burst that is not whole rows, or that the decoder gives up: wd::Error naming the instruction and the cause.
// Not       how a coded burst is decoded: hw/formats/stream/chip_decoder.hpp.
// Test      weight_bursts_test.cpp
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "hw/formats/program/program.hpp"
#include "hw/formats/program/weight_words.hpp"
#include "hw/formats/stream/chip_decoder.hpp"

namespace wd::program {

struct WeightBurst {
  std::vector<PackedRow> rows;
  stream::ChipActivity activity;  // of rows that are not coded: the cycles
  Bytes decoded;                  // a coded burst's rows, as memory would have them: `rows` points to them

  WeightBurst() = default;
  WeightBurst(WeightBurst&&) = default;
  WeightBurst& operator=(WeightBurst&&) = default;
};

/// The decoder of a chip that has one.
stream::ChipDecoderShape decoder_shape(const arch::Arch& arch);
/// Whether bursts may be coded: the decoder makes chunks of 16.
inline bool has_decoder(const arch::Arch& arch) {
  return arch.decoders != 0 && arch.chunk == stream::chip_lanes;
}

/// What the decoder makes of a coded burst's beats.
struct DecodedRows {
  Bytes rows;  // as memory would have them
  stream::ChipActivity activity;
  stream::ChipFault fault = stream::ChipFault::none;  // rows before it are there
  std::size_t beats_used = 0;
};
/// @param what begins messages: about rows that the chip has no room for
DecodedRows decode_rows(std::span<const std::uint8_t> beats, const arch::Arch& arch, const std::string& what);

/// Each burst is looked at once, of all copies of this. The program's memory must outlive it, unchanged.
class WeightBursts {
 public:
  explicit WeightBursts(const Program& program)
      : program_(&program), bursts_(std::make_shared<std::map<Key, WeightBurst>>()) {}

  /// @param load a LOAD_WEIGHTS inside the memory image @param what begins messages
  const WeightBurst& at(const arch::Instr& load, const std::string& what);

 private:
  using Key = std::tuple<int, int, int>;  // address and count in beats, coded

  const Program* program_;
  std::shared_ptr<std::map<Key, WeightBurst>> bursts_;
};

}  // namespace wd::program
