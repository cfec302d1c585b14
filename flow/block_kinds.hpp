// SPDX-License-Identifier: Apache-2.0
// The chip's blocks around the array, as characterize measures them: which instances of the RTL, and what their energy is told by.
//
// Shape     a block is one or several parts, each an instance of a module somewhere in wd_top: its energy and area are those of
//           its parts, `times` each. What a part `cuts` is left out of it: other blocks have it.
// Not       the array's own blocks: flow/slice.hpp.
// Test      blocks_test.cpp
#pragma once

#include <span>
#include <string>
#include <vector>

#include "hw/arch/arch.hpp"

namespace wd::flow {

struct BlockPart {
  std::string module, instance;  // "wd_dma", "u_dma"; of wd_top itself the instance is empty
  int times = 1;
  std::vector<std::string> cut = {};
  int seconds = 20;  // of a core, about, for what is told of the time left
};

/// A counter of hw/arch/counters.def.
struct BlockEvent {
  std::string counter;
  bool of_each =
      false;  // each instance has it as often as the counter says; else the counter is the sum over them
};

struct BlockKind {
  std::string name;
  std::vector<BlockPart> parts;
  std::vector<BlockEvent> events;  // besides, every block has `idle`: cycles of the clock
  int instances = 1;               // in a chip
  std::string idle =
      {};  // what tells the cycles of its gated clock: "array_cycles" or a counter; without: all cycles
};

/// All, in the order in which they are measured.
std::vector<BlockKind> block_kinds(const arch::Arch& arch);
std::vector<std::string> block_names();
BlockKind block_kind(const std::string& name, const arch::Arch& arch);

/// "PesPerGroup=64" ...: wd_top's parameters.
std::vector<std::string> top_parameters(const arch::Arch& arch);

}  // namespace wd::flow
