// SPDX-License-Identifier: Apache-2.0
// The recurrences of docs/organisations/walker_sets.md, "RUN", for one tile.
//
// Timing    no cycle is stepped: times follow from population counts of walk maps and work maps.
// Shape     rows.walk, rows.mask: [row][pe]; 16 groups; any chunk of 16, 32 or 64.
// Test      sim_test.cpp (against a plain array stepped cycle by cycle)
#pragma once

#include "sim/fast/organisation.hpp"

namespace wd::sim::fast {

struct WalkerRequest {
  int rows = 0, planes = 1, window = 1, sub_reads = 1, pes = 64;
  bool walks_are_bit_ops = true, trace = false;
};

struct WalkerTiming {
  std::uint64_t run_cycles = 0, group_cycles = 0, pe_cycles = 0, walk_ops = 0, bit_ops = 0;
  std::vector<std::uint32_t> pe_walks, pe_last, row_issue;  // filled for traces only
};

WalkerTiming time_walkers(const WalkerRequest& request, const TileRows& rows, const TileActs& acts, int chunk);

}  // namespace wd::sim::fast
