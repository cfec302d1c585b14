// SPDX-License-Identifier: Apache-2.0
// The array's organisation in the fast simulator: which work its parts see in rows and chunks, and how long it takes.
//
// What      values need no organisation: the engine adds exact sums itself. A tile's time does.
// Shape     rows come in the order of the weight buffer, chunks in that of docs/architecture.md.
// Not       the rest of the chip: bursts, SETUP, POST, their counters.
// Test      testbench/ (against SystemC and RTL), walker_sets_test.cpp
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "hw/formats/program/weight_words.hpp"
#include "sim/engine.hpp"
#include "sim/fast/products.hpp"

namespace wd::sim::fast {

/// The weights of one output-channel tile, and what the organisation makes of them under the switches.
struct TileRows {
  int channels = 0;                     // of the array's, those that exist in this tile
  std::vector<std::uint64_t> walk;      // positions that cost time, laid out by the organisation
  std::vector<std::uint16_t> walk16;    // the same, for chunks of 16
  std::vector<std::uint16_t> operands;  // [reduction] that the channels add for each non-zero activation
  std::vector<std::int8_t> weights;     // [reduction][pe], signed levels
  std::vector<std::int16_t> pairs;      // the same, as products.hpp multiplies them
};

/// Activations of one tile of output pixels for the whole reduction.
struct TileActs {
  std::uint32_t inside = 0;                // bit g: the output pixel of group g lies inside the tensor
  std::vector<const std::uint8_t*> words;  // [chunk][group], null outside of the input
  std::vector<std::uint64_t> nonzero;      // [chunk][group] true non-zero map
  std::vector<std::uint8_t> sub_reads;     // [chunk] cycles that its fetch takes
  std::vector<std::uint64_t> walk;         // work maps, laid out by the organisation
  std::vector<std::uint64_t> works;        // [chunk][group] where a pick becomes an operand
  std::vector<std::uint16_t> operands;     // [reduction] groups where it does
  Halves halves;                           // [group][reduction]
  int reads = 0;
};

struct TileShape {
  int chunks = 0, planes = 1;
};

struct TileTiming {
  std::uint64_t run_cycles = 0;
  arch::Counters counters;          // those that are the organisation's, zero for all others
  std::vector<TileDetail> details;  // for traces only
};

/// A tile as the array gets it, for whoever records operands; valid during the call only.
struct TileRecord {
  TileId id;
  const TileShape& shape;
  const TileRows& rows;
  const TileActs& acts;
  const TileTiming& timing;            // with details
  std::span<const std::int64_t> sums;  // [group][pe]; of a pooled convolution joined over groups
  bool pooled = false;
};
using TileRecorder = std::function<void(const TileRecord&)>;

class Organisation {
 public:
  virtual ~Organisation() = default;
  /// Appends a chunk to `rows.walk` and `rows.operands`. @param planes its weight rows, plane 0 first
  virtual void add_chunk(std::span<const program::WeightRow* const> planes, TileRows& rows) const = 0;
  /// Makes `acts.walk`, `acts.works` and `acts.operands` from the other members.
  virtual void add_maps(TileActs& acts) const = 0;
  virtual TileTiming time(const TileShape& shape, const TileRows& rows, const TileActs& acts,
                          bool traced) const = 0;
};

/// The one that the architecture names.
std::unique_ptr<Organisation> make_organisation(const arch::Arch& arch, const arch::Switches& switches);

}  // namespace wd::sim::fast
