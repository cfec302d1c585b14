// SPDX-License-Identifier: Apache-2.0
#include "cli/report/pgfplots.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "cli/report/format.hpp"
#include "cli/report/latex.hpp"

namespace wd::report {
namespace {

/// A key's value, which may hold commas and brackets.
std::string braced(const std::string& text) { return "{" + latex_text(text) + "}"; }

std::string picture(const std::string& options, const std::string& plots) {
  return "% needs \\usepackage{pgfplots}\n\\begin{tikzpicture}\n\\begin{axis}[" + options + "]\n" + plots +
         "\\end{axis}\n\\end{tikzpicture}\n";
}

std::string titles(const std::string& title, const std::string& x, const std::string& y) {
  return text("title=", braced(title), ", xlabel=", braced(x), ", ylabel=", braced(y),
              ", legend pos=outer north east");
}

std::string point(double x, double y) { return text("(", exact(x), ",", exact(y), ")"); }

std::string plot(const std::string& options, const std::string& coordinates, const std::string& legend) {
  return text("\\addplot", options, " coordinates {", coordinates, "};\n",
              legend.empty() ? std::string() : text("\\addlegendentry", braced(legend), "\n"));
}

/// Bars stand at whole numbers, so that labels may be any.
std::string ticks(const std::string& axis, const std::vector<std::string>& labels) {
  std::string names;
  for (const std::string& label : labels) names += (names.empty() ? "" : ",") + braced(label);
  return text(", ", axis, "tick={0,...,", labels.size() - 1, "}, ", axis, "ticklabels={", names, "}");
}

/// A label's stretch of the axis and its bars, in points; with names below, bars need the room that these take.
std::string bar_sizes(const BarChart& chart) {
  const std::size_t bars = chart.layout == Layout::stacked ? 1 : chart.series.size();
  const bool beside = chart.bars == Bars::horizontal;
  const double least = beside ? 14 : 20, bar = std::max(5.0, (least - 4) / static_cast<double>(bars)),
               pitch = bar * static_cast<double>(bars) + 4;
  const std::string axis = beside ? "y" : "x";
  return text(", ", axis, "=", exact(pitch), "pt, bar width=", exact(bar), "pt, enlarge ", axis,
              " limits={abs=0.7}");
}

}  // namespace

std::string pgfplots(const LineChart& chart) {
  std::string plots;
  for (const Series& series : chart.series) {
    std::string coordinates;
    for (std::size_t i = 0; i < chart.x.size(); ++i) coordinates += point(chart.x[i], series.values[i]);
    plots += plot("", coordinates, chart.series.size() > 1 ? series.name : "");
  }
  return picture(titles(chart.title, chart.x_label, chart.y_label), plots);
}

std::string pgfplots(const BarChart& chart) {
  const bool beside = chart.bars == Bars::horizontal;
  const std::string kind =
      text(beside ? "xbar" : "ybar", chart.layout == Layout::stacked ? " stacked" : "=0pt",
           chart.both_sides ? ""
           : beside         ? ", xmin=0"
                            : ", ymin=0");
  std::string plots;
  for (const Series& series : chart.series) {
    std::string coordinates;
    for (std::size_t i = 0; i < series.values.size(); ++i) {
      if (std::isnan(series.values[i])) continue;
      const auto at = static_cast<double>(i);
      coordinates += beside ? point(series.values[i], at) : point(at, series.values[i]);
    }
    plots += plot("", coordinates, chart.series.size() > 1 ? series.name : "");
  }
  const std::string axes =
      beside ? titles(chart.title, chart.value_label, "") + ", y dir=reverse"
             : titles(chart.title, "", chart.value_label) + ", x tick label style={rotate=40, anchor=east}";
  return picture(text(kind, bar_sizes(chart), ", ", axes, ticks(beside ? "y" : "x", chart.labels)), plots);
}

std::string pgfplots(const Scatter& chart) {
  std::string plots;
  for (const Roof& roof : chart.roofs) {
    std::string coordinates;
    for (const ScatterPoint& corner : roof.points) coordinates += point(corner.x, corner.y);
    plots += plot("[gray, no marks, forget plot]", coordinates, "");
  }
  for (const ScatterGroup& group : chart.groups) {
    std::string coordinates;
    bool errors = false;
    for (const ScatterPoint& one : group.points) {
      coordinates += point(one.x, one.y);
      if (one.error > 0) coordinates += text(" +- ", point(0, one.error));
      errors = errors || one.error > 0;
    }
    const std::string style = group.line ? "const plot, mark=*" : "only marks";
    plots += plot(text("+[", style, errors ? ", error bars/.cd, y dir=both, y explicit" : "", "]"),
                  coordinates, chart.groups.size() > 1 ? group.name : "");
  }
  std::string axes = titles(chart.title, chart.x_label, chart.y_label);
  if (chart.logarithmic) axes += ", xmode=log, ymode=log";
  if (chart.x_most) axes += ", xmax=" + exact(*chart.x_most);
  if (chart.y_most) axes += ", ymax=" + exact(*chart.y_most);
  return picture(axes, plots);
}

}  // namespace wd::report
