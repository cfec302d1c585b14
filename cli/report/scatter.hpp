// SPDX-License-Identifier: Apache-2.0
// Draws points of two figures: with a line through those that no other one beats, with standard errors, or under roofs.
//
// Errors    no points, values that are not finite, or not above 0 on logarithmic axes: wd::Error naming the chart.
// Test      report_test.cpp, scatter_test.cpp
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/report/svg.hpp"

namespace wd::report {

struct ScatterPoint {
  double x = 0, y = 0;
  std::string tooltip;
  std::string mark = {};  // a short text beside it, or near it on a line; left out where all places are taken
  double error = 0;       // of y: a bar from y - error to y + error
};

struct ScatterGroup {
  std::string name;
  std::vector<ScatterPoint> points;
  bool line = false;  // a step line through them, which are by x
};

/// A line that is drawn behind the points and not of the legend.
struct Roof {
  std::string name;  // its tooltip
  std::vector<ScatterPoint> points;
};

struct Scatter {
  std::string title, x_label, y_label;
  std::vector<ScatterGroup> groups;  // the last ones above the first
  bool logarithmic = false;          // both axes
  std::vector<Roof> roofs = {};
  std::optional<double> x_most = {}, y_most = {};  // what no value can exceed: an axis ends there
};

std::string scatter_chart(const Scatter& chart, double width = chart_width);

}  // namespace wd::report
