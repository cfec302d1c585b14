// SPDX-License-Identifier: Apache-2.0
// Coded bursts in the decoders that a chip may have: rows or a cause, within the cycles that rows and beats can take; rows coded again
// are the same.
//
// Shape     a byte for the decoder (bits 0 to 2 log2 of its decoders, modulo 6; bit 3: no generator of frozen weights), then whole beats.
#include "base/error.hpp"
#include "hw/formats/program/weight_bursts.hpp"
#include "hw/formats/stream/chip_stream.hpp"
#include "testbench/fuzz/target.hpp"

namespace wd::fuzz {
namespace {

/// The same rows, with all signs in the stream.
Bytes code_again(const stream::ChipHeader& header, const std::vector<program::WeightRow>& rows,
                 const arch::Arch& arch) {
  stream::ChipWeights weights;
  weights.chunks = header.chunks;
  weights.narrow_chunks = header.narrow_chunks;
  weights.narrow_channels = header.narrow_channels;
  weights.planes = header.planes;
  weights.has_signs = true;
  const auto planes = static_cast<std::size_t>(header.planes);
  for (std::size_t r = 0; r < rows.size(); r += planes)
    for (int c = 0; c < header.chunk_channels(static_cast<int>(r / planes)); ++c)
      for (int lane = 0; lane < stream::chip_lanes; ++lane) {
        int code = 0;
        for (std::size_t plane = 0; plane < planes; ++plane) {
          const program::WeightWord& word = rows[r + plane][static_cast<std::size_t>(c)];
          if ((word.mask >> lane & 1) != 0) code |= 1 << plane | static_cast<int>(word.sign >> lane & 1) << 7;
        }
        weights.codes.push_back(static_cast<std::uint8_t>(code));
      }
  return stream::encode_chip(weights, program::decoder_shape(arch), "fuzz");
}

}  // namespace

void read(std::span<const std::uint8_t> data) {
  WD_REQUIRE(!data.empty(), "fuzz: no decoder");
  arch::Arch arch;
  arch.decoders = 1 << (data[0] & 7) % 6;
  arch.freeze_generator = (data[0] & 8) == 0;
  data = data.subspan(1);
  const auto beats = data.first(data.size() / program::beat_bytes * program::beat_bytes);
  const program::DecodedRows decoded = program::decode_rows(beats, arch, "fuzz");
  const std::vector<program::WeightRow> rows = program::expand_rows(decoded.rows, arch, "fuzz");
  // A chunk of one decoder takes about a step a weight, and waits for its words; damaged tables have code words of a bit that bring no weight.
  const std::uint64_t chunk_cycles = 3 * stream::chip_channels * stream::chip_lanes,
                      most =
                          200 + 130 * beats.size() / program::beat_bytes + (rows.size() + 1) * chunk_cycles;
  WD_ASSERT(decoded.activity.cycles <= most && decoded.activity.rows == rows.size());
  if (decoded.fault != stream::ChipFault::none) return;
  WD_ASSERT(decoded.beats_used <= beats.size() / program::beat_bytes);
  const program::DecodedRows again =
      program::decode_rows(code_again(stream::read_header(beats.data()), rows, arch), arch, "again");
  WD_ASSERT(again.fault == stream::ChipFault::none && again.rows == decoded.rows);
}

}  // namespace wd::fuzz
