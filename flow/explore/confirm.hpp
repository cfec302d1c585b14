// SPDX-License-Identifier: Apache-2.0
// Runs the points of a front on other engines.
//
// What      counters with values, of all frames, must be those that the study replayed; scores and counters of the first frame must be
//           those of each engine that the study names. What was confirmed is kept by content, and shared with other processes.
// Threads   each engine and point in a process of its own, as many at once as there are threads: SystemC elaborates once in one.
// Errors    a difference: wd::Error naming point, engine and counter.
// Test      cli/explore_test.sh
#pragma once

#include <vector>

#include "flow/explore/explore.hpp"

namespace wd::flow::explore {

/// Says before how much it is. @param points get what was found
void confirm_front(const Plan& plan, const Evaluator& evaluator, KeptResults& kept, unsigned threads,
                   std::vector<ExplorePoint>& points, const Context& context);

}  // namespace wd::flow::explore
