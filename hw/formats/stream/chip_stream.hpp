// SPDX-License-Identifier: Apache-2.0
// Codes a burst of weights for the chip's decoder: chooses the table, codes each decoder's weights, interleaves their words.
//
// Shape     docs/formats.md, "Coded weights".
// Errors    more words or chunks than a header can say, no code that fits the decoder's table: wd::Error naming the burst and the limit.
// Test      chip_stream_test.cpp
#pragma once

#include <string>
#include <vector>

#include "hw/formats/stream/chip_code.hpp"

namespace wd::stream {

/// What a burst brings: whole tiles of 64 channels, the last perhaps of fewer; or, without chunks of 64, tiles of `narrow_channels`.
struct ChipWeights {
  int chunks = 0, narrow_chunks = 0, narrow_channels = 0;
  int planes = 1;
  bool has_signs = false;                     // in the stream
  bool random_signs = false, frozen = false;  // from the generator; not with has_signs
  ChipGenerator generator;

  int tile_channels() const { return chunks != 0 ? chip_channels : narrow_channels; }
  std::vector<std::uint8_t>
      codes;  // [chunk][channel][lane]: level | sign << 7, signs 0 without has_signs; of frozen ones nothing is read
};

/// @param what names the burst in messages
Bytes encode_chip(const ChipWeights& weights, const ChipDecoderShape& shape, const std::string& what);

}  // namespace wd::stream
