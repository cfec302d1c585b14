// SPDX-License-Identifier: Apache-2.0
// The array's organisation in the fast simulator: which work its parts see in rows and chunks, and how long it takes.
//
// What      values need no organisation: the engine adds exact sums itself. A tile's time does.
// Shape     rows come in the order of the weight buffer, chunks in that of docs/architecture.md.
// Not       the rest of the chip: bursts, SETUP, POST, their counters.
// Test      testbench/ (against SystemC and RTL), walker_sets_test.cpp
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "hw/formats/program/weight_words.hpp"
#include "sim/engine.hpp"
#include "sim/fast/kernels.hpp"

namespace wd::sim::fast {

/// The weights of one output-channel tile, and what the organisation makes of them under the switches.
struct TileRows {
  int channels = 0;                    // of the array's, those that exist in this tile
  std::vector<std::uint64_t> walk;     // positions that cost time, laid out by the organisation
  std::vector<std::uint16_t> walk16;   // the same, for chunks of 16
  std::vector<std::uint8_t> operands;  // [reduction] that the channels add for each non-zero activation
  std::vector<std::int8_t> weights;    // [quad][pe][4], signed levels
  std::vector<double> base;            // [pe] of Product
};

/// Activations of one tile of output pixels for the whole reduction.
struct TileActs {
  std::uint32_t inside = 0;             // bit g: the output pixel of group g lies inside the tensor
  int reads = 0;                        // of words
  std::uint64_t nonzero = 0;            // activations that are not zero
  std::vector<std::uint8_t> sub_reads;  // [chunk] cycles that its fetch takes
  std::vector<std::uint64_t> works;     // [quad] bit 4 g + i: where a pick becomes an operand
  std::vector<std::uint8_t> operands;   // [reduction] groups where it does
  std::vector<std::uint64_t> walk;      // work maps, laid out by the organisation
  std::vector<std::uint16_t> walk16;    // the same, for chunks of 16
  std::vector<std::uint8_t> limbs;      // of Product
  std::size_t limb_count = most_limbs;
};

/// By row of a tile: its issue in RUN, and when what it occupies is free again. Filled anew by each tile.
struct RowTimes {
  std::vector<std::uint32_t> issue, free;
};

struct TileShape {
  int chunks = 0, planes = 1;
};

struct TileTiming {
  std::uint64_t run_cycles = 0;
  arch::Counters counters;          // those that are the organisation's, zero for all others
  std::vector<TileDetail> details;  // for traces only
};

class Organisation {
 public:
  virtual ~Organisation() = default;
  /// Appends a chunk to `rows.walk` and `rows.operands`. @param planes its weight rows, plane 0 first
  virtual void add_chunk(std::span<const program::WeightRow> planes, TileRows& rows) const = 0;
  /// Makes the work maps, and `acts.works` and `acts.operands` what the switches want. @param acts with those of the true values
  virtual void add_maps(TileActs& acts) const = 0;
  virtual TileTiming time(const TileShape& shape, const TileRows& rows, const TileActs& acts, bool traced,
                          RowTimes& times) const = 0;
};

/// The one that the architecture names.
std::unique_ptr<Organisation> make_organisation(const arch::Arch& arch, const arch::Switches& switches,
                                                Kernel kernel);

}  // namespace wd::sim::fast
