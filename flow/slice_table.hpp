// SPDX-License-Identifier: Apache-2.0
// Energies of the array's events from tiles of a slice: what a table has of lanes, walkers and group.
//
// Numerics  least squares over tiles, none negative; a tile counts by the inverse of its energy's root, so that sparse tiles are told
//           as well as dense ones. What a level's gate saves is the difference of two simulations of the same tiles, by the cycles
//           that sim/power_blocks.def counts.
// Test      slice_table_test.cpp
#pragma once

#include <string>
#include <vector>

#include "flow/slice_energy.hpp"
#include "flow/slice_events.hpp"
#include "sim/power_table.hpp"

namespace wd::flow {

struct BlockTable {
  sim::BlockPower power;
  double energy_fj = 0;  // of all tiles

  /// Dynamic energy of what counters say.
  double predict_fj(const arch::Counters& counters, const arch::Switches& switches = {}) const;
};

/// A chip that is one slice: as many of each block as it has.
const arch::Arch& slice_arch();
double slice_count(const std::string& block, const std::string& event, const arch::Counters& counters,
                   const arch::Switches& switches = {});

/// Tables of all blocks, everything gated. @param events by tile
std::vector<BlockTable> fit_blocks(const SliceEnergy& energy, const std::vector<SliceEvents>& events);

/// Of all blocks together, as in a block's table.
struct FitQuality {
  double residual = 0, held_out = 0;
};
FitQuality fit_quality(const SliceEnergy& energy, const std::vector<SliceEvents>& events,
                       const std::vector<BlockTable>& blocks);

/// The switches with these levels off.
arch::Switches switches_without(unsigned ungated);

/// The same tiles with levels off.
struct UngatedRun {
  unsigned ungated = 0;
  SliceEnergy energy;
};
/// Adds `ungated` events. @param gated the same tiles with all gates on @return error of the sum predicted for the last run, relative to it
double fit_ungated(const SliceEnergy& gated, const std::vector<UngatedRun>& runs,
                   const std::vector<SliceEvents>& events, std::vector<BlockTable>& blocks);

}  // namespace wd::flow
