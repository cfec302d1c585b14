// SPDX-License-Identifier: Apache-2.0
// Draws line and bar charts as inline SVG: axes with units, legend, values as tooltips.
//
// Units     drawn as wide as asked for, scales to its container; colours come from chart_style(), which serves
//           light and dark pages (Okabe-Ito palette, safe for colour-blind readers).
// Errors    no data, rows of unequal length, values that are not finite, negative bars: wd::Error
//           naming the chart. There is no empty frame.
// Test      report_test.cpp
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace wd::report {

struct Series {
  std::string name;
  std::vector<double> values;  // one per x, or per bar label (grouped bars: not a number where there is none)
  std::vector<double> errors = {};  // standard errors of them, for papers' numbers; empty: none
};

/// A shaded stretch of the x axis.
struct Band {
  double from = 0, to = 0;
  std::string label;
};

struct LineChart {
  std::string title, x_label, y_label;
  std::string unit;  // in tooltips, after the value
  std::vector<double> x;
  std::vector<Series> series;
  std::vector<Band> bands;
  std::optional<double> y_low, y_high;  // else around the data
};

enum class Bars { vertical, horizontal };  // vertical where names have room
enum class Layout { grouped, stacked };

struct BarChart {
  std::string title, value_label;  // the value axis, with its unit
  std::string unit;
  Bars bars = Bars::horizontal;
  Layout layout = Layout::grouped;
  std::vector<std::string> labels;
  std::vector<Series> series;
  std::vector<std::string> notes;  // horizontal: text at the end of each bar row instead of its value
  std::optional<double> high;      // end of the value axis
  bool both_sides = false;         // horizontal and grouped: bars may be negative
};

inline constexpr double chart_width = 640;   // of pages and papers
inline constexpr double narrow_width = 360;  // of a telephone

std::string line_chart(const LineChart& chart, double width = chart_width);
std::string bar_chart(const BarChart& chart, double width = chart_width);

/// CSS for all charts of a page; goes in once.
std::string chart_style();

/// A chart as a file of its own, on white, with plain colours: viewers and typesetters of SVG know no CSS variables.
std::string chart_file(const std::string& chart);

}  // namespace wd::report
