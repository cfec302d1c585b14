// SPDX-License-Identifier: Apache-2.0
// What the RTL does in a program, window by window of some cycles: where blocks are measured, and what their energy is told by.
//
// Timing    cycle 0 is the first of the reset; the program's load and one frame follow.
// Numerics  counts are the increments of hw/rtl's counters in a window's cycles; beats are those of the memory port (the counters
//           have them when a burst is asked for).
// Test      blocks_test.cpp
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "flow/block_kinds.hpp"
#include "hw/formats/program/program.hpp"
#include "sim/signals.hpp"

namespace wd::flow {

/// A program on one frame, in the RTL.
struct RtlProgram {
  program::Program program;
  std::vector<std::uint8_t> input;
  std::string sha256;  // of program and input
  nlohmann::json origin = {};
};
/// Runs it and tells signals like "wd_top.u_dma.left_q".
void run_rtl(const RtlProgram& what, const std::vector<std::string>& signals, sim::SignalSink& sink);

inline constexpr int window_cycles = 64;

struct RtlActivity {
  std::vector<std::string> events;          // counters, then "array_cycles"
  std::vector<std::vector<double>> counts;  // [window][event]

  double count(std::size_t window, const std::string& event) const;
};
RtlActivity rtl_activity(const RtlProgram& what);

/// Windows to simulate, in the order of time: half of them drawn among all, half among those in which the block has most to do.
std::vector<std::size_t> choose_windows(const RtlActivity& activity, const BlockKind& kind, int cycles,
                                        std::uint64_t seed);

}  // namespace wd::flow
