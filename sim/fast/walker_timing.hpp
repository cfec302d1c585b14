// SPDX-License-Identifier: Apache-2.0
// The recurrences of docs/organisations/walker_sets.md, "RUN", for one tile.
//
// What      chunks of 16 without a trace take the kernels of walk_kernel.inc; all else the plain recurrences here.
// Timing    no cycle is stepped: times follow from population counts of walk maps and work maps.
// Shape     as WalkerSets fills rows and acts; any chunk of 16, 32 or 64.
// Test      walker_sets_test.cpp (against a plain array stepped cycle by cycle)
#pragma once

#include "sim/fast/organisation.hpp"

namespace wd::sim::fast {

struct WalkerRequest {
  int chunks = 0, rows_per_chunk = 1;
  int window = 1, entries = 1;  // row slots, chunks whose activations are held
  int pes = 64, groups_per_walker = 16, chunk = 16;
  bool trace = false;
};

struct WalkerTiming {
  std::uint64_t run_cycles = 0, group_cycles = 0, walker_cycles = 0, walk_ops = 0;
  std::vector<std::uint32_t> walks, last;  // filled for traces only
};

/// From a row's maps to the next one's, for chunks of 16.
constexpr std::size_t walk_pitch(std::size_t pes) { return (pes + 31) / 32 * 32; }

WalkerTiming time_walkers(const WalkerRequest& request, const TileRows& rows, const TileActs& acts,
                          const KernelSet& kernels, RowTimes& times);

/// Operands by PE, group-major: for traces.
std::vector<std::uint32_t> pe_operands(const arch::Arch& arch, const TileRows& rows, const TileActs& acts);

}  // namespace wd::sim::fast
