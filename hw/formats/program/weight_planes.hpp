// SPDX-License-Identifier: Apache-2.0
// The rows that lie in the weight buffer, and whether the planes of what a CONV reads belong together.
//
// Why       an array that walks several planes at once has one sign per weight, one that walks them singly a sign per plane:
//           they agree only if all planes of a weight say the same (docs/architecture.md, weight words). PEs without an output channel are
//           never walked in hardware: they have no weights.
// Errors    wd::Error naming row, PE and lane.
// Test      burst_order_test.cpp, testbench/programs/mutation_test.cpp
#pragma once

#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "hw/formats/program/program.hpp"
#include "hw/formats/program/weight_bursts.hpp"
#include "hw/formats/program/weight_words.hpp"

namespace wd::program {

class WeightPlanes {
 public:
  WeightPlanes(const Program& program, WeightBursts bursts)
      : program_(program),
        bursts_(std::move(bursts)),
        rows_(static_cast<std::size_t>(program.arch.weight_rows)) {}

  /// @param what begins messages @return rows of the burst
  int load(const arch::Instr& load, const std::string& what);
  /// Of rows that are all there.
  void check(const arch::Instr& conv, const std::string& what);

 private:
  const Program& program_;
  WeightBursts bursts_;
  std::vector<PackedRow> rows_;
  std::set<std::tuple<int, int, std::vector<PackedRow>>> checked_;  // by planes and channel blocks
};

}  // namespace wd::program
