// SPDX-License-Identifier: Apache-2.0
// Verilog models of a library's cells, for a simulation with delays: functions, states, and a path of each timing arc.
//
// Timing    paths have no delay of their own: SDF gives it. A clock gate has none at all.
// Numerics  states begin with 0.
// Errors    a cell without a function that the model could have: wd::Error with its line.
// Test      netlist_test.cpp, cli/characterize_test.sh
#pragma once

#include <set>
#include <string>

#include "hw/silicon/netlist.hpp"

namespace wd::silicon {

std::string cell_model(const Library& library, const Cell& cell);
/// Of the cells that the netlist has.
std::string cell_models(const Library& library, const Netlist& netlist);

}  // namespace wd::silicon
