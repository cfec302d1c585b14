// SPDX-License-Identifier: Apache-2.0
// Refuses studies of which no point can be, or a value with which none can.
//
// Errors    wd::Error naming file, knob, value and the reason, before anything runs.
// Test      plan_test.cpp
#pragma once

#include "flow/explore/plan.hpp"

namespace wd::flow::explore {

/// By the chips that can be built.
void require_possible(const Plan& plan);
/// By the voltages and clocks that the table can be scaled to: of points that are named, else values that are impossible with all others.
void require_corners(const Plan& plan, const sim::PowerTable& table);

}  // namespace wd::flow::explore
