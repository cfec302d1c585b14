// SPDX-License-Identifier: Apache-2.0
// Chooses the points of a study that are evaluated.
//
// What      all of them; random ones, each at most once; those that the study lists; or NSGA-II (Deb et al., IEEE TEC 6(2), 2002), of the
//           library pagmo, with points outside of the constraints behind all that keep to them.
// Numerics  the same points in the same order for a seed, at any number of threads.
// Test      search_test.cpp
#pragma once

#include <functional>
#include <vector>

#include "flow/explore/plan.hpp"

namespace wd::flow::explore {

/// What a search is told about a point: objectives, all of them better when less; none where the point has no metrics.
struct Fitness {
  std::vector<double> objectives;
  double violation = 0;  // of constraints
};

/// Evaluates points together; each is asked for once.
using EvaluatePoints = std::function<std::vector<Fitness>(const std::vector<Point>&)>;

void search_points(const Plan& plan, const EvaluatePoints& evaluate);

}  // namespace wd::flow::explore
