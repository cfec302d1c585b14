// SPDX-License-Identifier: Apache-2.0
#include "cli/explore_page.hpp"

#include <algorithm>

#include "cli/lines.hpp"
#include "cli/report/format.hpp"
#include "cli/report/html.hpp"
#include "cli/report/scatter.hpp"
#include "cli/report/svg.hpp"

namespace wd::cli {
namespace {

using flow::explore::ExplorePoint;
using flow::explore::ExploreResult;
using flow::explore::Metric;

std::string axis(const Metric& metric) {
  const std::string unit = metric.unit;
  return std::string(metric.name) + (unit.empty() || unit == metric.name ? "" : ", " + unit);
}

std::string name_of(const ExplorePoint& point) {
  std::string name;
  for (const auto& item : point.values.items())
    name += (name.empty() ? "" : ", ") + item.key() + " " +
            (item.value().is_string() ? item.value().get<std::string>() : item.value().dump());
  return name;
}

/// @param y null: the points in their order
report::Scatter chart(const ExploreResult& result, const Metric& x, const Metric* y) {
  report::Scatter chart;
  chart.title = result.plan.name + ": " +
                (y == nullptr ? std::string(x.name) : std::string(y->name) + " against " + x.name);
  const Metric& upward = y == nullptr ? x : *y;
  chart.x_label = y == nullptr ? "evaluation" : axis(x);
  chart.y_label = axis(upward);
  if (y != nullptr && x.fraction) chart.x_most = 1;
  if (upward.fraction) chart.y_most = 1;
  const std::vector<const ExplorePoint*> best = result.front();
  const bool confirmed = std::all_of(best.begin(), best.end(), [](const ExplorePoint* one) {
    return std::any_of(one->confirmed.begin(), one->confirmed.end(),
                       [](const auto& of) { return of.second == flow::explore::confirmed_equal; });
  });
  report::ScatterGroup outside{"outside of the constraints", {}}, beaten{"others", {}},
      front{confirmed ? "not beaten, confirmed" : "not beaten", {}};
  for (std::size_t i = 0; i < result.points.size(); ++i) {
    const ExplorePoint& one = result.points[i];
    if (!one.evaluation.refused.empty()) continue;
    const double of_x = one.evaluation.metrics.*x.value;
    const report::ScatterPoint dot{y == nullptr ? static_cast<double>(i) : of_x,
                                   y == nullptr ? of_x : one.evaluation.metrics.*y->value, name_of(one)};
    (one.front ? front : one.feasible() ? beaten : outside).points.push_back(dot);
  }
  std::stable_sort(front.points.begin(), front.points.end(),
                   [](const auto& a, const auto& b) { return a.x < b.x; });
  front.line = y != nullptr && result.plan.objectives.size() == 2;
  for (report::ScatterGroup* group : {&outside, &beaten, &front})
    if (!group->points.empty()) chart.groups.push_back(std::move(*group));
  return chart;
}

bool has_points(const ExploreResult& result) { return result.refused() < result.points.size(); }

std::string confirmed_text(const ExplorePoint& point) {
  std::string out;
  for (const auto& [engine, verdict] : point.confirmed)
    out += (out.empty() ? "" : "; ") + engine + ": " + verdict;
  return out;
}

report::Cell value_cell(const nlohmann::json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number()) return {value.dump(), value.get<double>()};
  return value.dump();
}

/// An area with a star is another array's.
report::Cell metric_cell(const ExplorePoint& point, const Metric& metric) {
  report::Cell cell = report::compact_cell(point.evaluation.metrics.*metric.value);
  if (metric.value == &flow::explore::Metrics::area_mm2 && !point.evaluation.area_unknown.empty())
    cell.text += " *";
  return cell;
}

/// Those that were measured: the objectives, and the others.
std::pair<std::vector<const Metric*>, std::vector<const Metric*>> measured(const ExploreResult& result) {
  std::pair<std::vector<const Metric*>, std::vector<const Metric*>> lists{result.plan.objectives, {}};
  for (const Metric& metric : flow::explore::metrics()) {
    const bool is_objective = std::find(lists.first.begin(), lists.first.end(), &metric) != lists.first.end();
    if (!is_objective &&
        (metric.value != &flow::explore::Metrics::accuracy || result.plan.accuracy_images != 0))
      lists.second.push_back(&metric);
  }
  return lists;
}

/// What points are compared by stands first: behind many knobs it would be out of sight.
std::string front_table(const ExploreResult& result, report::Exhibits& out) {
  const auto [objectives, others] = measured(result);
  report::Row columns;
  for (const Metric* metric : objectives) columns.push_back("#" + axis(*metric));
  for (const auto& dimension : result.plan.space.dimensions()) columns.push_back("#" + dimension.knob);
  for (const Metric* metric : others) columns.push_back("#" + axis(*metric));
  const bool confirmed = !result.plan.confirm.empty();
  if (confirmed) columns.push_back("first frame on other engines");
  columns.push_back("area not measured for");
  columns.push_back("the command that repeats it");
  std::vector<report::Row> rows;
  for (const ExplorePoint* point : result.front()) {
    report::Row row;
    for (const Metric* metric : objectives) row.push_back(metric_cell(*point, *metric));
    for (const auto& item : point->values.items()) row.push_back(value_cell(item.value()));
    for (const Metric* metric : others) row.push_back(metric_cell(*point, *metric));
    if (confirmed) row.push_back(confirmed_text(*point));
    row.push_back(flow::join(point->evaluation.area_unknown));
    row.push_back(point->command);
    rows.push_back(std::move(row));
  }
  return out.table("Points that no other one beats", columns, rows);
}

std::string refusals(const ExploreResult& result, report::Exhibits& out) {
  std::vector<report::Row> rows;
  for (const ExplorePoint& point : result.points)
    if (!point.evaluation.refused.empty() && rows.size() < 100)
      rows.push_back({name_of(point), point.evaluation.refused});
  if (rows.empty()) return "";
  return report::html_section(
      "refused", "Points without a chip or a program",
      report::html_details(std::to_string(result.refused()) + " points" +
                               (rows.size() < result.refused() ? ", the first 100" : ""),
                           out.table("Points without a chip or a program", {"point", "why"}, rows)));
}

}  // namespace

std::string ties(const ExploreResult& result) {
  return std::to_string(result.tied()) +
         " of the points not beaten equal another one in all objectives: what differs between these makes no "
         "difference in any of them, as far as the power table tells";
}

std::string no_front(const ExploreResult& result) {
  const ExplorePoint* nearest = nullptr;
  for (const ExplorePoint& one : result.points) {
    if (one.feasible()) return "";
    if (one.evaluation.refused.empty() && (nearest == nullptr || one.violation < nearest->violation))
      nearest = &one;
  }
  if (nearest == nullptr) return "";
  std::string its;
  for (const auto& constraint : result.plan.constraints)
    its += std::string(its.empty() ? "" : ", ") + constraint.metric->name + " " +
           report::compact(nearest->evaluation.metrics.*constraint.metric->value);
  return "No point keeps to the constraints; the nearest is " + result.plan.space.name(nearest->point) +
         " (" + its + ")";
}

std::string explore_picture(const ExploreResult& result) {
  if (!has_points(result)) return "";
  const auto& objectives = result.plan.objectives;
  return report::chart_file(
      report::scatter_chart(chart(result, *objectives[0], objectives.size() > 1 ? objectives[1] : nullptr)));
}

std::string explore_page(const ExploreResult& result, report::Exhibits& out) {
  const auto& objectives = result.plan.objectives;
  std::string names;
  for (const Metric* one : objectives)
    names += (names.empty() ? "" : ", ") + std::string(one->more_is_better ? "most " : "least ") + one->name;
  std::string body = report::html_paragraph(
      std::to_string(result.points.size()) + " points by the search '" +
      flow::explore::method_name(result.plan.search.method) + "', of " + names + "; " +
      std::to_string(result.refused()) + " have no chip or program. Energies: power table " + result.table +
      ". " + result.caveat + (result.area_caveat.empty() ? "" : ". Area: " + result.area_caveat) +
      ". * area of another array, where the table did not measure a parameter's. " +
      (result.plan.confirm.empty() || result.front().empty()
           ? ""
           : "First frames on other engines: " + result.confirmation() + ". ") +
      "Commands are to be started in " + result.folder + ".");
  if (!no_front(result).empty()) body += report::html_paragraph(no_front(result) + ".");
  if (result.tied() != 0) body += report::html_paragraph(ties(result) + ".");
  if (has_points(result)) {
    std::string charts;
    if (objectives.size() == 1)
      charts = out.figure(chart(result, *objectives[0], nullptr), "Points in the order of the search.");
    for (std::size_t i = 1; i < objectives.size(); ++i)
      charts += out.figure(chart(result, *objectives[0], objectives[i]),
                           "Every point that was evaluated; a tooltip names it.");
    body += report::html_section(
        "front", "The points that no other one beats",
        report::html_columns(charts) + (result.front().empty() ? "" : front_table(result, out)));
  }
  return report::html_page("Exploration: " + result.plan.name, body + refusals(result, out));
}

}  // namespace wd::cli
