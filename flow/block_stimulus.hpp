// SPDX-License-Identifier: Apache-2.0
// What a block's ports see in the RTL's run of a program, for the netlist: compared with it cycle by cycle, and kept for windows.
//
// What      the netlist is stepped without delays from the reset on, so that a window begins with all states as they are.
// Shape     a line of the stimulus is a cycle: "JUMP CLOCKS INPUTS OUTPUTS", hexadecimal, the first port and bit 0 the least significant;
//           JUMP 1: a window begins, and a line with all states follows.
// Timing    CLOCKS rise at the beginning of the cycle, INPUTS come after them, OUTPUTS are there at its end.
// Errors    an output that is not the RTL's: wd::Error with block, port and cycle.
// Test      blocks_test.cpp
#pragma once

#include <string>
#include <vector>

#include "flow/block_windows.hpp"
#include "hw/silicon/netlist.hpp"

namespace wd::flow {

/// The ports of a netlist as the bench sees them: clocks, other inputs, outputs that are compared.
struct BenchPorts {
  explicit BenchPorts(const silicon::Netlist& netlist);

  std::vector<const silicon::Port*> clocks, inputs, outputs;
  std::string clock_names() const;  // "clk_i clk_post_i"
  std::vector<bool> clock_nets(const silicon::Netlist& netlist) const;
};

struct BlockStimulus {
  std::string lines;
  std::vector<int>
      windows;  // by cycle of the stimulus: the window's place in the list, -1: before one begins
  std::size_t compared = 0;  // cycles of the whole run
};

BlockStimulus block_stimulus(const silicon::Netlist& netlist, const std::string& instance,
                             const RtlProgram& what, const std::vector<std::size_t>& windows);

}  // namespace wd::flow
