// SPDX-License-Identifier: Apache-2.0
// Energy of the blocks of the organisation "gather".
//
// Source    sim/energy_gather.def
// Test      sim_test.cpp
#pragma once

#include "sim/energy.hpp"

namespace wd::sim {

std::vector<EnergyBlock> gather_energy(const arch::Counters& counters, const arch::Arch& arch,
                                       const arch::Switches& switches);

}  // namespace wd::sim
