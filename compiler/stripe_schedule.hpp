// SPDX-License-Identifier: Apache-2.0
// Schedules a network in stripes: a run for each part of a layer's stripe, when which rows of values come and go, and which weights
// and normalization rows stay for later stripes.
//
// What      a burst of values is queued as early as its place is free. Weights that a later run needs again are kept, those that are
//           needed soonest first, as far as the buffer holds them beside what runs and, where not all of a group stay, room
//           for what comes next (a quarter of it at least); others come again.
// Test      stripe_schedule_test.cpp
#pragma once

#include "compiler/schedule.hpp"
#include "compiler/stripes.hpp"

namespace wd::compiler {

/// @param instructions that are left for the frame's runs and transfers
Schedule make_stripe_schedule(const std::vector<LoweredStep>& steps, const Stripes& stripes,
                              const arch::Arch& arch, std::size_t instructions);

}  // namespace wd::compiler
