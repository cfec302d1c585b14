// SPDX-License-Identifier: Apache-2.0
// What the SystemC model's signals are to activity counts: the ports of its blocks. It has no clock gates.
#pragma once

#include "sim/activity.hpp"

namespace wd::sim::systemc {

std::vector<SignalRole> activity_roles(const std::string& scope, const std::string& name);

}  // namespace wd::sim::systemc
