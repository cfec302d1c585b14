// SPDX-License-Identifier: Apache-2.0
// Tiles of a slice as the inputs of its netlist, cycle by cycle.
//
// Timing    a line of the stimulus is a cycle; of a tile SETUP, RUN, and idle cycles after it. docs/organisations/walker_sets.md, RUN.
// Test      slice_test.cpp; the netlist's sums, walks and operands are held against the tiles' own
#pragma once

#include <string>
#include <vector>

#include "flow/slice.hpp"

namespace wd::flow {

/// Levels of the clock-gating network in the slice, a bit each of `ungated`.
enum class SliceGate { walker, group, operand, sum, segment };
inline constexpr int slice_gates = 5;
constexpr unsigned gate_bit(SliceGate gate) { return 1U << static_cast<int>(gate); }

/// Cycles of a tile in the stimulus.
int slice_cycles(const SliceTile& tile);
/// Lines "HEX FLAG": the inputs of wd_array_slice but for the clock, and 1 where sums are to be shown.
/// @param ungated levels whose switch is off
std::string slice_stimulus(const arch::Arch& arch, const std::vector<SliceTile>& tiles, unsigned ungated = 0);
/// Cycles before the first tile.
inline constexpr int slice_reset_cycles = 8;

}  // namespace wd::flow
