// SPDX-License-Identifier: Apache-2.0
// The Verilog bench in which a block's netlist is simulated with its delays.
//
// Shape     reads the lines of block_stimulus.hpp; tells "differs LINE OUTPUTS" where outputs are not those of the stimulus at the end
//           of a cycle. block_bench.cycle changes where a cycle begins.
// Timing    inputs change 0.1 ns after the clocks' edges.
// Test      cli/characterize_test.sh
#pragma once

#include <filesystem>
#include <string>

#include "flow/block_stimulus.hpp"

namespace wd::flow {

inline constexpr const char* block_bench_name = "block_bench";

struct BenchFiles {
  std::filesystem::path stimulus, delays, waves;
};
std::string block_bench(const silicon::Netlist& netlist, double period_ns, const BenchFiles& files);

}  // namespace wd::flow
