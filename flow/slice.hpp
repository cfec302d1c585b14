// SPDX-License-Identifier: Apache-2.0
// What a slice of the array gets in a recorded tile: 16 channels of one group, with the issue times of the whole array.
//
// Shape     weights [chunk][position][channel], codes [chunk][position] of the group, maps [chunk][group] of all groups.
// Timing    a line of the stimulus is a cycle; of a tile SETUP, RUN, and idle cycles after it. docs/organisations/walker_sets.md, RUN.
// Not       organisations other than walker sets, chunks other than 16.
// Test      slice_test.cpp; the netlist's sums, walks and operands are held against these
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "flow/context.hpp"
#include "hw/formats/program/program.hpp"
#include "sim/fast/tile_record.hpp"

namespace wd::flow {

inline constexpr int slice_pes = 16;

struct SliceTile {
  sim::TileId id;
  int planes = 1, chunks = 0, channels = slice_pes;  // channels of the slice that exist
  std::vector<std::int8_t> weights;
  std::vector<std::uint8_t> codes;
  std::vector<std::uint16_t> maps;
  std::vector<std::uint8_t> sub_reads;   // by chunk
  std::vector<std::uint32_t> row_issue;  // E(r)
  int run_cycles = 0;
  std::vector<std::int64_t> sums;  // by channel, what the group has at the end
};

/// What happens in a tile's slice: counts by which energy is told.
struct SliceEvents {
  double cycles = 0, rows = 0, chunks = 0, walks = 0, starts = 0, flushes = 0;
  double low_operands = 0, high_operands = 0;  // by whether they reach the low segment of the sum
  double double_operands = 0;                  // of both, with two bits of a weight: x 3

  double operands() const { return low_operands + high_operands; }
  SliceEvents& operator+=(const SliceEvents& other);
};

/// Tiles of a frame for about so many cycles, drawn by the seed among all of the frame.
std::vector<SliceTile> record_slices(const program::Program& program, std::span<const std::uint8_t> input,
                                     std::uint64_t seed, int cycles);
SliceTile slice_of(const arch::Arch& arch, const sim::fast::TileRecord& record, int block, int group);
SliceEvents slice_events(const arch::Arch& arch, const SliceTile& tile);

/// Cycles of a tile in the stimulus.
int slice_cycles(const SliceTile& tile);
/// Lines "HEX FLAG": the inputs of wd_array_slice but for the clock, and 1 where sums are to be shown.
std::string slice_stimulus(const arch::Arch& arch, const std::vector<SliceTile>& tiles);
/// Cycles before the first tile.
inline constexpr int slice_reset_cycles = 8;

}  // namespace wd::flow
