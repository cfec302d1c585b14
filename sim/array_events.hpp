// SPDX-License-Identifier: Apache-2.0
// How often the events happen that the array's energy is told by, from the counters: what an energy table has a figure for.
//
// Shape     blocks are those that are characterized: `lanes` are 16 window lanes, `walkers` 16 walkers with their set's maps, `group` 16 PEs of
//           a group with its activation entries. A slice (flow/slice.hpp) has one of each, the chip as many as the architecture says.
// Numerics  whole numbers below 2^53.
// Not       energies; what counters do not tell (docs/power.md, "The table").
// Test      flow/slice_test.cpp (against a slice's tiles)
#pragma once

#include <span>
#include <string_view>

#include "hw/arch/arch.hpp"

namespace wd::sim {

/// How many of the characterized blocks there are.
struct ArrayBlocks {
  double lanes = 1, walkers = 1, group = 1;
  double groups_per_walker = 1;  // that hear a walk

  static ArrayBlocks of(const arch::Arch& arch);
  double count(std::string_view block) const {
    return block == "lanes" ? lanes : block == "walkers" ? walkers : group;
  }
};

struct ArrayEvent {
  std::string_view block, name;
  double (*count)(const arch::Counters& counters, const ArrayBlocks& blocks, const arch::Switches& switches);
  std::string_view meaning;
};

/// Those of all blocks; `ungated...` are cycles that a level's switch adds: none where it is on.
std::span<const ArrayEvent> array_events();

}  // namespace wd::sim
