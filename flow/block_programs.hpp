// SPDX-License-Identifier: Apache-2.0
// The programs that blocks are measured in: those of folders, or of random networks that are compiled on the spot.
//
// Shape     of each program one frame. Random networks: one of the demo's shape, and one with pools, residuals from near and far and layers
//           without products; in both tensors go to memory.
// Errors    programs of different architectures, a chip that no random network fits: wd::Error with the remedy.
// Test      blocks_test.cpp, cli/characterize_blocks_test.sh
#pragma once

#include <filesystem>
#include <vector>

#include "flow/block_windows.hpp"
#include "flow/context.hpp"
#include "flow/slice_array.hpp"

namespace wd::flow {

/// Lets each CONV outside of loops store its input beside its tiles: bursts out of the activation buffer, as large networks have them.
void store_inputs(program::Program& program);

/// Of folders; random ones where there are none, or beside them.
/// @param arch of random networks' chip; else it becomes the programs'
std::vector<RtlProgram> block_programs(const std::vector<std::filesystem::path>& folders, bool random_too,
                                       const StreamOptions& options, arch::Arch& arch, Context& context);

}  // namespace wd::flow
