// SPDX-License-Identifier: Apache-2.0
#include "cli/report/scatter.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "cli/report/svg_canvas.hpp"

namespace wd::report {
namespace {

constexpr double left = 70, right = chart_width - 14, plot_height = 300;

struct Extent {
  double low, high;

  void take(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

/// Of a value within ticks, on a stretch of the picture.
double place(double value, const Ticks& ticks, double from, double to) {
  return from + (to - from) * (value - ticks.low()) / (ticks.high() - ticks.low());
}

}  // namespace

std::string scatter_chart(const Scatter& chart) {
  Extent xs{HUGE_VAL, -HUGE_VAL}, ys{HUGE_VAL, -HUGE_VAL};
  std::vector<Series> legend;
  for (const ScatterGroup& group : chart.groups) {
    legend.push_back({group.name, {}});
    for (const ScatterPoint& point : group.points) {
      WD_REQUIRE(std::isfinite(point.x) && std::isfinite(point.y), "chart '", chart.title,
                 "': a value is not finite");
      xs.take(point.x);
      ys.take(point.y);
    }
  }
  WD_REQUIRE(xs.low <= xs.high, "chart '", chart.title, "' has no points");
  const Ticks x_ticks = make_ticks(xs.low, xs.high, 6), y_ticks = make_ticks(ys.low, ys.high, 6);
  Canvas canvas;
  const double top = canvas.heading(chart.title, legend) + 18, bottom = top + plot_height;
  const auto at = [&](double x, double y) {
    return Point{place(x, x_ticks, left, right), place(y, y_ticks, bottom, top)};
  };
  canvas.label({0, top - 8}, chart.y_label, "start", "muted");
  for (const double tick : y_ticks.at) {
    canvas.line(at(x_ticks.low(), tick), at(x_ticks.high(), tick), "grid");
    canvas.label({left - 6, at(0, tick).y + 4}, tick_text(tick), "end", "muted");
  }
  for (const double tick : x_ticks.at)
    canvas.label({at(tick, 0).x, bottom + 16}, tick_text(tick), "middle", "muted");
  canvas.line({left, bottom}, {right, bottom}, "axis");
  canvas.label({(left + right) / 2, bottom + 35}, chart.x_label, "middle", "muted");
  for (std::size_t g = 0; g < chart.groups.size(); ++g) {
    const ScatterGroup& group = chart.groups[g];
    if (group.line && group.points.size() > 1) {
      std::vector<Point> steps;
      for (const ScatterPoint& point : group.points) {
        const Point next = at(point.x, point.y);
        if (!steps.empty()) steps.push_back({next.x, steps.back().y});
        steps.push_back(next);
      }
      canvas.path(steps, text("curve l", g % 6));
    }
    for (const ScatterPoint& point : group.points)
      canvas.dot(at(point.x, point.y), text("s", g % 6), point.tooltip);
  }
  return canvas.finish(chart.title, bottom + 43);
}

}  // namespace wd::report
