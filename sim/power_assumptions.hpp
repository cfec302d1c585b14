// SPDX-License-Identifier: Apache-2.0
// Fills in what no netlist tells: memories, how figures follow the voltage, the clock's tree.
//
// Source    docs/decisions/0054-scaling-and-memories.md: where each number is from, and where it holds
// Errors    a process that there are no figures for: wd::Error.
// Test      power_assumptions_test.cpp
#pragma once

#include <string>
#include <vector>

#include "sim/power_table.hpp"

namespace wd::sim {

/// Feature size of known libraries by their name (sg13g2, sky130, osu018, Nangate45 ...); 0: unknown.
int node_of_library(const std::string& name);

/// Energy of an operation in a process at a voltage, relative to 45 nm low-power at 0.7 V.
double node_energy(int node_nm, double volt);

/// Sets scaling, sram, dram, wires and clock_tree of a table whose library, arch and measured blocks are there. The clock's tree goes by
/// the blocks' areas. What is there already is replaced, but a block's own wire_share stays. @param node_nm of the library
void assume_rest(PowerTable& table, int node_nm);

}  // namespace wd::sim
