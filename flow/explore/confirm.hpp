// SPDX-License-Identifier: Apache-2.0
// Runs the points of a front on other engines.
//
// What      the first frame of each point on the fast simulator with values, and on the engines that the study names: scores and counters
//           must be equal, and the counters those that the study replayed.
// Errors    a difference: wd::Error naming point, engine and counter.
// Test      cli/explore_test.sh
#pragma once

#include <vector>

#include "flow/explore/explore.hpp"

namespace wd::flow::explore {

void confirm_front(const Plan& plan, Evaluator& evaluator, std::vector<ExplorePoint>& points,
                   Context& context);

}  // namespace wd::flow::explore
