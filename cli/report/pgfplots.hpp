// SPDX-License-Identifier: Apache-2.0
// Writes charts for LaTeX's package pgfplots, which draws them in the paper's own type.
//
// Not       data of their own: a chart is what its SVG is.
// Test      report_test.cpp
#pragma once

#include <string>

#include "cli/report/scatter.hpp"
#include "cli/report/svg.hpp"

namespace wd::report {

std::string pgfplots(const LineChart& chart);
std::string pgfplots(const BarChart& chart);
std::string pgfplots(const Scatter& chart);

}  // namespace wd::report
