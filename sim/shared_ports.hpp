// SPDX-License-Identifier: Apache-2.0
// Ports that the RTL and the SystemC model both have, with the same values in every cycle, and what each calls them.
//
// Not       ports that one has wider, in other parts or in cycles in which nobody reads them: the SystemC model's buses carry what a consumer
//           takes, the RTL's also what none does.
// Test      testbench/signals_test.cpp
#pragma once

#include <span>

namespace wd::sim {

struct SharedPort {
  const char *block, *rtl, *systemc;
};
std::span<const SharedPort> shared_ports();

}  // namespace wd::sim
