// SPDX-License-Identifier: Apache-2.0
// Energy of the blocks of the organisation "walker sets".
//
// Source    sim/energy_walker_sets.def
// Test      sim_test.cpp
#pragma once

#include "sim/energy.hpp"

namespace wd::sim {

std::vector<EnergyBlock> walker_sets_energy(const arch::Counters& counters, const arch::Arch& arch,
                                            const arch::Switches& switches);

/// See extrapolated() of sim/energy.hpp.
std::vector<std::string> walker_sets_extrapolated(const arch::Arch& arch);

}  // namespace wd::sim
