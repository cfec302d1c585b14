// SPDX-License-Identifier: Apache-2.0
// The array's organisation in the fast simulator: which work its parts see in rows and chunks, and how long it takes.
//
// What      values need no organisation: the engine adds exact sums itself. A tile's time does.
// Shape     rows come in the order of the weight buffer, chunks in that of docs/architecture.md.
// Not       the rest of the chip: bursts, SETUP, POST, their counters.
// Test      testbench/ (against SystemC and RTL), sim_test.cpp
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "hw/formats/program/weight_words.hpp"
#include "sim/engine.hpp"

namespace wd::sim::fast {

/// The rows of one output-channel tile, under the switches.
struct TileRows {
  std::vector<std::uint64_t> walk;   // positions that cost time, laid out by the organisation
  std::vector<std::uint64_t> mask;   // set bits, laid out by the organisation
  std::vector<std::int8_t> weights;  // [reduction][pe], signed levels
};

/// Activations of one 4 x 4 block of output pixels for the whole reduction.
struct TileActs {
  std::vector<const std::uint8_t*> words;  // [chunk][group], null outside of the input
  std::vector<std::uint64_t> walk;         // [chunk][group] the organisation's work map
  std::vector<std::uint64_t> nonzero;      // [chunk][group] true non-zero map
  int reads = 0;
};

struct TileShape {
  int rows = 0, planes = 1;
  int sub_reads = 1;  // cycles that the fetch of a chunk takes
};

struct TileTiming {
  std::uint64_t run_cycles = 0;
  arch::Counters counters;          // those that are the organisation's, zero for all others
  std::vector<TileDetail> details;  // for traces only
};

class Organisation {
 public:
  virtual ~Organisation() = default;
  /// Appends a row to `rows.walk` and `rows.mask`. @param live PEs of a group whose channel exists in this tile
  virtual void add_row(const program::WeightRow& words, int plane, int live, TileRows& rows) const = 0;
  /// What a group works on of a chunk. @param inside the group's output pixel lies inside the tensor
  virtual std::uint64_t work_map(std::uint64_t nonzero, bool inside) const = 0;
  virtual TileTiming time(const TileShape& shape, const TileRows& rows, const TileActs& acts,
                          bool traced) const = 0;
};

/// The one that the architecture names.
std::unique_ptr<Organisation> make_organisation(const arch::Arch& arch, const arch::Switches& switches);

}  // namespace wd::sim::fast
