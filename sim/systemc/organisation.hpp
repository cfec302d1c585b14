// SPDX-License-Identifier: Apache-2.0
// The array behind its seam: whatever turns weight rows and staged chunks into a tile's sums.
//
// What      the port that any organisation has; docs/architecture.md, "The organisation's port", has the contract.
// Timing    setup_i for a cycle, then run_i until done_o, the last RUN cycle. rows_i holds the rows from read_row_o
//           on (planes_per_row of them) from the cycle after read_o on. consumed_o takes the staged chunk in a cycle with chunk_ready_i. read_o,
//           read_row_o, consumed_o and done_o are combinational.
// RTL twin  wd_organisation.
#pragma once

#include <memory>
#include <systemc>
#include <vector>

#include "sim/engine.hpp"
#include "sim/systemc/bus.hpp"
#include "sim/systemc/counters.hpp"
#include "sim/systemc/types.hpp"

namespace wd::sim::systemc {

/// Of a channel block.
using BlockSums = std::array<std::int64_t, arch::block>;

class SumReadIf : public virtual sc_core::sc_interface {
 public:
  /// Adds the sums of 16 PEs of a group. @param first the first PE
  virtual void add_sums(int group, int first, BlockSums& to) const = 0;

  /// Of an output pixel, which of a pooled CONV several groups have parts of. @param group the pixel's
  BlockSums pixel_sums(const Tile& tile, int group, int first) const {
    BlockSums sums{};
    const int step = tile.conv.pooled ? tile.conv.images : groups;
    for (; group < groups; group += step) add_sums(group, first, sums);
    return sums;
  }
};

class Organisation : public sc_core::sc_module, public SumReadIf, public ActivityIf {
 public:
  sc_core::sc_in<bool> clk_i{"clk_i"}, setup_i{"setup_i"}, run_i{"run_i"};
  sc_core::sc_in<std::uint32_t> switches_i{"switches_i"}, window_i{"window_i"};
  BusIn<Tile> tile_i{"tile_i"};
  sc_core::sc_out<bool> done_o{"done_o"};
  // weight rows
  sc_core::sc_out<bool> read_o{"read_o"};
  sc_core::sc_out<std::uint32_t> read_row_o{"read_row_o"};
  BusIn<WeightRows> rows_i{"rows_i"};
  // chunk of activations
  sc_core::sc_in<bool> chunk_ready_i{"chunk_ready_i"};
  BusIn<StagedChunk> staged_i{"staged_i"};
  sc_core::sc_out<bool> consumed_o{"consumed_o"};

  /// Records what details() says of a tile, for traces.
  virtual void set_traced(bool traced) = 0;
  virtual std::vector<TileDetail> details() const = 0;

 protected:
  explicit Organisation(sc_core::sc_module_name name) : sc_module(name) {}
};

/// The one that the architecture names.
std::unique_ptr<Organisation> make_organisation(const char* name, const arch::Arch& arch);

}  // namespace wd::sim::systemc
