// SPDX-License-Identifier: Apache-2.0
// The operands of a tile of output pixels: what the fetch brings to the groups, chunk by chunk, as the kernels take it.
//
// Test      kernels_test.cpp (survey), testbench/ (against the golden model, SystemC and RTL)
#pragma once

#include <cstdint>
#include <vector>

#include "sim/chip_state.hpp"
#include "sim/fast/organisation.hpp"

namespace wd::sim::fast {

/// What a thread needs while it computes a tile, kept to be used again.
struct TileScratch {
  TileActs acts;                                // of a tile whose operands nobody needs again
  std::vector<std::uint8_t> codes;              // [quad][group][4]
  std::vector<double> sums;                     // [group][pe]; an ELEMENTWISE's input
  std::vector<double> gamma, beta;              // of one pixel's channels, where each has its own
  std::vector<std::uint8_t> residual, results;  // [pixel][channel]
  std::vector<std::uint16_t> scores;            // the same
  RowTimes times;
};

/// Works, operands and the count of activations that are not zero, from codes [quad][group][4].
void survey(const std::vector<std::uint8_t>& codes, TileActs& acts);

/// All but the organisation's work maps. @param kernels of the limbs; null where nobody needs values
void gather(const ChipState& state, const arch::Instr& conv, int tile, const KernelSet* kernels,
            TileScratch& scratch, TileActs& acts);

}  // namespace wd::sim::fast
