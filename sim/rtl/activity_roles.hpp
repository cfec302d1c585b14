// SPDX-License-Identifier: Apache-2.0
// What the RTL's signals are to activity counts: which block's ports, and which clocks' enables.
//
// What      by the names that modules give to instances and enables; in the simulation form an enable's cycles are those in which the
//           synthesis form's clock gate lets the clock through. A name that no longer exists is missed by the test.
// Test      testbench/signals_test.cpp
#pragma once

#include "sim/activity.hpp"

namespace wd::sim::rtl {

std::vector<SignalRole> activity_roles(const std::string& scope, const std::string& name);

}  // namespace wd::sim::rtl
