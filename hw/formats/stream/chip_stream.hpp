// SPDX-License-Identifier: Apache-2.0
// Codes a burst of weights for the chip's decoder: chooses the table, codes each decoder's weights, interleaves their words.
//
// Shape     docs/formats.md, "Coded weights".
// Errors    more words or chunks than a header can say: wd::Error naming the burst and the limit.
// Test      chip_stream_test.cpp
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hw/formats/stream/chip_code.hpp"

namespace wd::stream {

/// Which signs a sign generator gives: chunk k of channel c of tile t has those of 16 weights from 16 * (first + (64 t + c) * chunks + k) on.
struct ChipSigns {
  std::uint64_t seed = 0;
  std::uint32_t first = 0;
  int chunks = 0;  // of a channel

  void write(Bytes& out) const;
};
ChipSigns read_signs(const std::uint8_t* beat);

/// What a burst brings: whole tiles of 64 channels, the last perhaps of fewer.
struct ChipWeights {
  int chunks = 0, narrow_chunks = 0, narrow_channels = 0;
  int planes = 1;
  bool has_signs = false;           // in the stream
  std::optional<ChipSigns> signs;   // from the generator; not with has_signs
  std::vector<std::uint8_t> codes;  // [chunk][channel][lane]: level | sign << 7, signs 0 without has_signs
};

/// @param what names the burst in messages
Bytes encode_chip(const ChipWeights& weights, const ChipDecoderShape& shape, const std::string& what);

}  // namespace wd::stream
