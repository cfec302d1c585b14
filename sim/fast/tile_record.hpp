// SPDX-License-Identifier: Apache-2.0
// What the fast engine tells of each tile to whoever records operands.
//
// Not       values of a layer that runs in place: its input is gone tile by tile (`in_place`).
// Test      flow/slice_test.cpp, cli/characterize_test.sh (the netlist's sums are those of the operands told)
#pragma once

#include <functional>
#include <span>

#include "sim/chip_state.hpp"
#include "sim/fast/organisation.hpp"

namespace wd::sim::fast {

/// Valid during the call only.
struct TileRecord {
  TileId id;
  const arch::Instr& conv;
  const ChipState& state;  // before the tile's results are written
  const TileRows& rows;
  const TileActs& acts;
  const TileTiming& timing;      // with details
  std::span<const double> sums;  // [group][pe]; of a pooled convolution joined over groups
  bool in_place = false;
};
using TileRecorder = std::function<void(const TileRecord&)>;

}  // namespace wd::sim::fast
