// SPDX-License-Identifier: Apache-2.0
// The recurrences of docs/organisations/walker_sets.md, "RUN", for one tile.
//
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
  bool fetches = false, trace = false;  // what is wanted
};

struct WalkerTiming {
  std::uint64_t run_cycles = 0, group_cycles = 0, walker_cycles = 0, walk_ops = 0, bit_ops = 0;
  std::vector<std::uint32_t> fetches;  // in which cycle each chunk's starts, where they are wanted
  std::vector<std::uint32_t> walks, last, row_issue;  // filled for traces only
};

WalkerTiming time_walkers(const WalkerRequest& request, const TileRows& rows, const TileActs& acts);

/// Operands by PE, group-major: for traces.
std::vector<std::uint32_t> pe_operands(const arch::Arch& arch, const TileRows& rows, const TileActs& acts);

}  // namespace wd::sim::fast
