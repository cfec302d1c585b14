// SPDX-License-Identifier: Apache-2.0
// Collects SVG elements, and places the parts that all charts share: title, legend, value ticks.
//
// Units     user units of the view box, y downwards.
// Not       styling: classes only, svg.cpp has the colours.
// Test      report_test.cpp, scatter_test.cpp
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/report/svg.hpp"

namespace wd::report {

/// Of a text in the charts' 12-unit sans-serif: DejaVu Sans, as wide as any that browsers take for it.
double text_width(std::string_view utf8);
/// Of the widest, each shortened to `most` characters.
double widest(const std::vector<std::string>& texts, std::size_t most);

struct Point {
  double x, y;
};

class Canvas {
 public:
  explicit Canvas(double width = chart_width) : width_(width) {}
  double width() const { return width_; }

  void line(Point a, Point b, const std::string& style);
  void rect(Point corner, double width, double height, const std::string& style,
            const std::string& tooltip = {});
  void path(const std::vector<Point>& points, const std::string& style);
  void dot(Point center, const std::string& style, const std::string& tooltip);
  /// @param anchor start, middle or end. @param turn degrees clockwise about `at`.
  void label(Point at, const std::string& text, const char* anchor, const std::string& style = {},
             double turn = 0);

  /// Title, in as many lines as it takes, and a legend if there is more than one series; returns the y below them.
  double heading(const std::string& title, const std::vector<Series>& series);
  std::string finish(const std::string& title, double height) const;

 private:
  double width_;
  std::string body_;
};

/// The class of a series: "s3" fills, "l3" strokes. There are eight colours; series behind these have them again, marked otherwise.
std::string series_style(const char* prefix, std::size_t series);

/// Round tick values that span at least [low, high].
struct Ticks {
  std::vector<double> at;
  double low() const { return at.front(); }
  double high() const { return at.back(); }
};
/// @param whole ticks on whole numbers only.
Ticks make_ticks(double low, double high, int about, bool whole = false);
std::string tick_text(double value);

}  // namespace wd::report
