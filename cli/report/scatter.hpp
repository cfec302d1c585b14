// SPDX-License-Identifier: Apache-2.0
// Draws points of two figures, with a line through those that no other one beats.
//
// Errors    no points, values that are not finite: wd::Error naming the chart.
// Test      report_test.cpp
#pragma once

#include <string>
#include <vector>

namespace wd::report {

struct ScatterPoint {
  double x = 0, y = 0;
  std::string tooltip;
};

struct ScatterGroup {
  std::string name;
  std::vector<ScatterPoint> points;
  bool line = false;  // a step line through them, which are by x
};

struct Scatter {
  std::string title, x_label, y_label;
  std::vector<ScatterGroup> groups;  // the last ones above the first
};

std::string scatter_chart(const Scatter& chart);

}  // namespace wd::report
