// SPDX-License-Identifier: Apache-2.0
#include "cli/report/scatter.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "cli/report/format.hpp"
#include "cli/report/svg_canvas.hpp"

namespace wd::report {
namespace {

constexpr double left = 70, margin = 14, plot_height = 300;

struct Extent {
  double low = HUGE_VAL, high = -HUGE_VAL;

  void take(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

/// Ends at what no value can exceed.
Extent within(Extent of, const std::optional<double>& most) {
  if (!most) return of;
  of.high = std::min(of.high, *most);
  if (of.low >= of.high) of.low = 0.9 * of.high;  // else the ticks would reach beyond it
  return of;
}

/// Powers of ten around the values, with 2 and 5 between them where there are few.
Ticks decades(const Extent& of) {
  const double first = std::floor(std::log10(of.low) + 1e-9), last = std::ceil(std::log10(of.high) - 1e-9);
  Ticks ticks;
  for (double power = first; power <= std::max(last, first + 1); ++power) {
    ticks.at.push_back(std::pow(10, power));
    if (last - first > 2 || power >= std::max(last, first + 1)) continue;
    for (const double step : {2.0, 5.0}) ticks.at.push_back(step * std::pow(10, power));
  }
  return ticks;
}

class Plot {
 public:
  Plot(const Scatter& chart, double width) : chart_(chart), canvas_(width) {
    std::vector<Series> legend;
    for (const ScatterGroup& group : chart.groups) {
      legend.push_back({group.name, {}});
      for (const ScatterPoint& point : group.points) take(point);
    }
    WD_REQUIRE(xs_.low <= xs_.high, "chart '", chart.title, "' has no points");
    for (const Roof& roof : chart.roofs)
      for (const ScatterPoint& point : roof.points) take(point);
    xs_ = within(xs_, chart.x_most);
    ys_ = within(ys_, chart.y_most);
    x_ticks_ = chart.logarithmic ? decades(xs_) : make_ticks(xs_.low, xs_.high, width < chart_width ? 4 : 6);
    y_ticks_ = chart.logarithmic ? decades(ys_) : make_ticks(ys_.low, ys_.high, 6);
    top_ = canvas_.heading(chart.title, legend) + 22;
  }

  std::string draw() {
    axes();
    for (const Roof& roof : chart_.roofs) {
      std::vector<Point> corners;
      for (const ScatterPoint& point : roof.points) corners.push_back(at(point.x, point.y));
      canvas_.path(corners, "roof");
    }
    for (const ScatterGroup& group : chart_.groups)
      for (const ScatterPoint& point : group.points) {
        const Point center = at(point.x, point.y);
        taken_.emplace_back(Point{center.x - 3, center.y - 3}, 6.0);
      }
    for (std::size_t g = 0; g < chart_.groups.size(); ++g) group(g);
    return canvas_.finish(chart_.title, bottom() + 43);
  }

 private:
  void take(const ScatterPoint& point) {
    WD_REQUIRE(std::isfinite(point.x) && std::isfinite(point.y) && std::isfinite(point.error), "chart '",
               chart_.title, "': a value is not finite");
    WD_REQUIRE(!chart_.logarithmic || (point.x > 0 && point.y > 0), "chart '", chart_.title,
               "': a value is not above 0, which logarithmic axes need");
    xs_.take(point.x);
    ys_.take(point.y - point.error);
    ys_.take(point.y + point.error);
  }

  double bottom() const { return top_ + plot_height; }
  double right() const { return canvas_.width() - margin; }
  /// Of a value within ticks, from 0 to 1.
  double share(double value, const Ticks& ticks) const {
    return chart_.logarithmic ? std::log(value / ticks.low()) / std::log(ticks.high() / ticks.low())
                              : (value - ticks.low()) / (ticks.high() - ticks.low());
  }
  Point at(double x, double y) const {
    return {left + (right() - left) * share(x, x_ticks_), bottom() - plot_height * share(y, y_ticks_)};
  }

  void axes() {
    canvas_.label({0, top_ - 12}, chart_.y_label, "start", "muted");
    for (const double tick : y_ticks_.at) {
      const double y = at(x_ticks_.low(), tick).y;
      canvas_.line({left, y}, {right(), y}, "grid");
      canvas_.label({left - 6, y + 4}, tick_text(tick), "end", "muted");
    }
    for (const double tick : x_ticks_.at)
      canvas_.label({at(tick, y_ticks_.low()).x, bottom() + 16}, tick_text(tick), "middle", "muted");
    canvas_.line({left, bottom()}, {right(), bottom()}, "axis");
    canvas_.label({canvas_.width() / 2, bottom() + 35}, chart_.x_label, "middle", "muted");
  }

  void group(std::size_t g) {
    const ScatterGroup& group = chart_.groups[g];
    if (group.line && group.points.size() > 1) {
      std::vector<Point> steps;
      for (const ScatterPoint& point : group.points) {
        const Point next = at(point.x, point.y);
        if (!steps.empty()) steps.push_back({next.x, steps.back().y});
        steps.push_back(next);
      }
      canvas_.path(steps, "curve " + series_style("l", g));
    }
    for (const ScatterPoint& point : group.points) {
      const Point center = at(point.x, point.y);
      if (point.error > 0) error_bar(point, g);
      canvas_.dot(center, series_style("s", g), point.tooltip);
      if (!point.mark.empty()) mark(center, point.mark);
    }
  }

  void error_bar(const ScatterPoint& point, std::size_t g) {
    const Point low = at(point.x, std::max(point.y - point.error, y_ticks_.low())),
                high = at(point.x, std::min(point.y + point.error, y_ticks_.high()));
    const std::string style = "whisker " + series_style("l", g);
    canvas_.line(low, high, style);
    for (const Point& end : {low, high}) canvas_.line({end.x - 4, end.y}, {end.x + 4, end.y}, style);
  }

  /// Behind the dot or in front of it, else above or below; farther away with a line to it; unless there is no room.
  void mark(Point center, const std::string& name) {
    constexpr double line_height = 12, one_spot = 12;
    // The same layer of several runs: one name for dots that lie on each other.
    const bool named = std::any_of(marked_.begin(), marked_.end(), [&](const auto& other) {
      return other.second == name &&
             std::hypot(other.first.x - center.x, other.first.y - center.y) < one_spot;
    });
    if (named) return;
    const double wide = text_width(name);
    for (const int lines : {0, -1, 1, -2, 2, -3, 3, -4, 4})
      for (const bool before : {false, true}) {
        const double y = center.y + line_height * lines;
        const Point corner{before ? center.x - 6 - wide : center.x + 6, y - 6};
        if (!is_free(corner, wide) || corner.x < left || corner.x + wide > right()) continue;
        if (y - 6 < top_ || y + 6 > bottom()) continue;
        taken_.emplace_back(corner, wide);
        marked_.emplace_back(center, name);
        const double side = before ? center.x - 6 : center.x + 6;
        if (std::abs(lines) > 1) canvas_.line(center, {side, y}, "leader");
        canvas_.label({side, y + 4}, name, before ? "end" : "start", "muted");
        return;
      }
  }

  bool is_free(Point corner, double wide) const {
    return std::none_of(taken_.begin(), taken_.end(), [&](const auto& taken) {
      const auto& [other, length] = taken;
      return std::abs(other.y - corner.y) < 11 && corner.x < other.x + length && other.x < corner.x + wide;
    });
  }

  const Scatter& chart_;
  Canvas canvas_;
  Extent xs_, ys_;
  Ticks x_ticks_, y_ticks_;
  double top_ = 0;
  std::vector<std::pair<Point, double>> taken_;  // by dots and marks: corners and widths
  std::vector<std::pair<Point, std::string>> marked_;
};

}  // namespace

std::string scatter_chart(const Scatter& chart, double width) { return Plot(chart, width).draw(); }

}  // namespace wd::report
