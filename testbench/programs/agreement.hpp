// SPDX-License-Identifier: Apache-2.0
// Holds engines to each other on a random program: the load entry's counters, then frame by frame as lockstep does.
// Test      rtl/core_test.cpp, systemc/program_test.cpp; lockstep_test.cpp (that differences are found)
#pragma once

#include <string>
#include <vector>

#include "sim/engine.hpp"
#include "testbench/programs/random_program.hpp"

namespace wd::testbench {

/// Where fresh engines first differ; empty if nowhere. At least one must have timing.
std::string disagreement(const std::vector<sim::Engine*>& engines, const RandomProgram& random);

}  // namespace wd::testbench
