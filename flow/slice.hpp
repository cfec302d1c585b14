// SPDX-License-Identifier: Apache-2.0
// What a slice of the array gets in a tile: 16 channels of one group, with the issue times of the whole array.
//
// Shape     weights [chunk][position][channel], codes [chunk][position] of the group, maps [chunk][group] of the groups of its
//           walkers' set.
// Not       organisations other than walker sets, chunks other than 16.
// Test      slice_test.cpp; the netlist's sums, walks and operands are held against these
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "hw/formats/program/program.hpp"
#include "sim/fast/tile_record.hpp"

namespace wd::flow {

inline constexpr int slice_pes = 16, slice_chunk = 16;

struct SliceTile {
  sim::TileId id;
  int planes = 1, chunks = 0, channels = slice_pes;  // channels of the slice that exist
  std::vector<std::int8_t> weights;
  std::vector<std::uint8_t> codes;
  std::vector<std::uint16_t> maps;
  std::vector<std::uint8_t> sub_reads;   // by chunk
  std::vector<std::uint32_t> row_issue;  // E(r)
  int run_cycles = 0;

  std::int8_t weight(int chunk, int position, int channel) const {
    return weights[static_cast<std::size_t>((chunk * slice_chunk + position) * slice_pes + channel)];
  }
  std::uint8_t code(int chunk, int position) const {
    return codes[static_cast<std::size_t>(chunk * slice_chunk + position)];
  }
  /// Positions where any group of the set has an operand.
  std::uint16_t map(const arch::Arch& arch, int chunk) const;
  /// Of a channel, at the tile's end, in units of 2^-9: a plain evaluation.
  std::int64_t sum(int channel) const;
};

/// Refuses arrays that the slice is none of.
void require_slice(const arch::Arch& arch);
/// Tiles of a frame for about so many cycles, drawn by the seed among all of the frame.
std::vector<SliceTile> record_slices(const program::Program& program, std::span<const std::uint8_t> input,
                                     std::uint64_t seed, int cycles);
SliceTile slice_of(const arch::Arch& arch, const sim::fast::TileRecord& record, int block, int group);

}  // namespace wd::flow
