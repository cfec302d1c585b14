// SPDX-License-Identifier: Apache-2.0
#include "cli/report/exhibits.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "base/error.hpp"
#include "cli/report/format.hpp"
#include "cli/report/pgfplots.hpp"

namespace wd::report {
namespace {

/// "Cycles per image, by layer": cycles-per-image-by-layer.
std::string file_name(const std::string& title) {
  std::string name;
  for (const char c : title) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else if (!name.empty() && name.back() != '-')
      name += '-';
  }
  name = name.substr(0, 60);
  while (!name.empty() && name.back() == '-') name.pop_back();
  return name.empty() ? "exhibit" : name;
}

/// A column per series.
Row columns_of(const std::string& first, const std::vector<Series>& series) {
  Row columns{first};
  for (const Series& one : series) columns.emplace_back("#" + one.name);
  return columns;
}

}  // namespace

void Exhibits::keep(const std::string& title, const Row& columns, const std::vector<Row>& rows,
                    const std::string& svg, const std::string& pgfplots) {
  const std::string name = file_name(title);
  const auto taken = [&](const std::string& other) {
    return std::any_of(all_.begin(), all_.end(), [&](const Exhibit& one) { return one.name == other; });
  };
  std::string own = name;
  for (int number = 2; taken(own); ++number) own = text(name, "-", number);
  all_.push_back({own, title, columns, rows, svg, pgfplots});
}

std::string Exhibits::table(const std::string& title, const Row& columns, const std::vector<Row>& rows) {
  keep(title, columns, rows, "", "");
  return html_table(columns, rows, title);
}

std::string Exhibits::figure(const LineChart& chart, const std::string& caption) {
  const std::string svg = line_chart(chart);
  std::vector<Row> rows;
  for (std::size_t i = 0; i < chart.x.size(); ++i) {
    rows.push_back({compact_cell(chart.x[i])});
    for (const Series& one : chart.series) rows.back().push_back(compact_cell(one.values[i]));
  }
  keep(chart.title, columns_of("#" + chart.x_label, chart.series), rows, svg, pgfplots(chart));
  return html_figure(svg, caption, line_chart(chart, narrow_width));
}

std::string Exhibits::figure(const BarChart& chart, const std::string& caption) {
  const std::string svg = bar_chart(chart);
  std::vector<Row> rows;
  for (std::size_t i = 0; i < chart.labels.size(); ++i) {
    rows.push_back({chart.labels[i]});
    for (const Series& one : chart.series) {
      rows.back().push_back(std::isnan(one.values[i]) ? Cell("–") : compact_cell(one.values[i]));
      if (!one.errors.empty()) rows.back().back().error = one.errors[i];
    }
  }
  std::vector<Series> named = chart.series;
  for (Series& one : named) one.name += ", " + chart.value_label;
  keep(chart.title, columns_of("", named), rows, svg, pgfplots(chart));
  return html_figure(svg, caption, bar_chart(chart, narrow_width));
}

std::string Exhibits::figure(const Scatter& chart, const std::string& caption) {
  const std::string svg = scatter_chart(chart);
  std::vector<Row> rows;
  for (const ScatterGroup& group : chart.groups)
    for (const ScatterPoint& point : group.points)
      rows.push_back({group.name, point.tooltip, compact_cell(point.x), compact_cell(point.y),
                      compact_cell(point.error)});
  keep(chart.title, {"group", "point", "#" + chart.x_label, "#" + chart.y_label, "#error"}, rows, svg,
       pgfplots(chart));
  return html_figure(svg, caption, scatter_chart(chart, narrow_width));
}

}  // namespace wd::report
