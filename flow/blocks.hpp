// SPDX-License-Identifier: Apache-2.0
// Energy of the blocks around the array by their events, from the netlist on what the RTL's ports see in a program.
//
// Units     as sim/power_table.hpp: of a block's one instance, whose share of the counters is one of `instances`.
// Errors    as flow/block_energy.hpp
// Test      blocks_test.cpp, cli/characterize_test.sh
#pragma once

#include <vector>

#include "flow/block_energy.hpp"
#include "sim/power_table.hpp"

namespace wd::flow {

struct BlockResult {
  sim::BlockPower power;
  double energy_fj = 0;  // of the windows, leakage included
  std::uint64_t cycles = 0, compared = 0, unmatched = 0;
  std::size_t without_delay = 0;
  double period_ns = 0;
  bool kept = false;
};

/// Fits one block. @param parts energies of its parts, in the windows
BlockResult fit_block(const BlockKind& kind, const RtlActivity& activity,
                      const std::vector<std::size_t>& windows, const std::vector<PartEnergy>& parts);

/// What the RTL does in the program, kept by the content of RTL, program and input.
RtlActivity kept_activity(const RtlProgram& what, const GateRequest& request, Context& context);

/// Steps of measure_blocks(). @param seconds gets what they take, about
int block_steps(const Names& blocks, std::size_t programs, double& seconds);

/// @param programs of one architecture  @param cycles of all programs together, for each block
std::vector<BlockResult> measure_blocks(const silicon::Library& library, const Names& blocks,
                                        const std::vector<RtlProgram>& programs, int cycles,
                                        std::uint64_t draw, const GateRequest& request, Context& context);

}  // namespace wd::flow
