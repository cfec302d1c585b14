// SPDX-License-Identifier: Apache-2.0
#include "cli/ablation_page.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "cli/report/format.hpp"
#include "flow/ablation/effects.hpp"

namespace wd::cli {
namespace {

using flow::ablation::Figures;
using flow::ablation::quantities;
using flow::ablation::Quantity;
using flow::ablation::RowResult;
using flow::ablation::StudyResult;

report::Cell mean_cell(const RowResult& row, const Quantity& quantity) {
  const auto spread = row.spread(quantity);
  if (!spread) return "–";
  const auto error = flow::ablation::standard_error(*spread);
  const bool share = quantity.value == &Figures::accuracy || quantity.value == &Figures::accuracy_fp32;
  const auto written = [&](double value) { return share ? report::fixed(value, 4) : report::compact(value); };
  return {written(spread->mean) + (error && *error > 0 ? " ± " + written(*error) : ""), spread->mean, error};
}

/// Rows that have the quantity, each with its mean.
std::string figure(const std::vector<RowResult>& rows, const Quantity& quantity, const std::string& title,
                   const std::string& caption, report::Exhibits& out) {
  report::BarChart chart;
  chart.title = title;
  chart.value_label = *quantity.unit == '\0' ? quantity.name : quantity.unit;
  chart.unit = quantity.unit;
  chart.series = {{quantity.name, {}}};
  for (const RowResult& row : rows) {
    const auto mean = row.mean(quantity);
    if (!mean) continue;
    chart.labels.push_back(row.row.name + (row.extrapolated().empty() ? "" : " *"));
    chart.series[0].values.push_back(*mean);
    if (const auto error = flow::ablation::standard_error(*row.spread(quantity)))
      chart.series[0].errors.push_back(*error);
    chart.notes.push_back(mean_cell(row, quantity).text);
  }
  if (chart.series[0].errors.size() != chart.labels.size()) chart.series[0].errors.clear();
  return chart.labels.empty() ? "" : out.figure(chart, caption);
}

/// The blocks that take most in the baseline, and all others together.
std::string block_figure(const std::vector<RowResult>& rows, report::Exhibits& out) {
  constexpr std::size_t most_blocks = 7;
  auto largest = rows.front().blocks();
  std::stable_sort(largest.begin(), largest.end(),
                   [](const auto& x, const auto& y) { return x.second > y.second; });
  largest.resize(std::min(largest.size(), most_blocks));
  report::BarChart chart;
  chart.title = "Chip energy per image, by block";
  chart.layout = report::Layout::stacked;
  chart.value_label = chart.unit = "nJ";
  for (const auto& [block, picojoule] : largest) chart.series.push_back({block, {}});
  chart.series.push_back({"others", {}});
  for (const RowResult& row : rows) {
    const auto blocks = row.blocks();
    if (blocks.empty() || largest.empty()) continue;
    double total = 0, others = 0;
    for (const auto& [block, picojoule] : blocks) total += picojoule / 1000;
    others = total;
    for (std::size_t s = 0; s + 1 < chart.series.size(); ++s)
      for (const auto& [block, picojoule] : blocks)
        if (block == chart.series[s].name) {
          chart.series[s].values.push_back(picojoule / 1000);
          others -= picojoule / 1000;
        }
    chart.series.back().values.push_back(std::max(0.0, others));
    chart.labels.push_back(row.row.name + (row.extrapolated().empty() ? "" : " *"));
    chart.notes.push_back(report::compact(total));
  }
  return chart.labels.empty() ? ""
                              : out.figure(chart, "What a row changes shows in the blocks that it concerns.");
}

std::string table(const std::vector<RowResult>& rows, report::Exhibits& out) {
  report::Row columns{"Row", "Changed"};
  for (const Quantity& one : quantities())
    columns.push_back("#" + std::string(one.name) + (*one.unit == '\0' ? "" : text(" (", one.unit, ")")));
  columns.insert(columns.end(), {"Extrapolated", "No chip figures because", "The command that repeats it"});
  std::vector<report::Row> lines;
  for (const RowResult& row : rows) {
    report::Row line{row.row.name, flow::join(row.row.changed)};
    for (const Quantity& one : quantities()) line.push_back(mean_cell(row, one));
    line.insert(line.end(), {flow::join(row.extrapolated()), row.refused, row.command});
    lines.push_back(std::move(line));
  }
  return out.table("Rows", columns, lines);
}

/// Elements of a sweep, one or two, with what changing them does to each quantity.
struct Effect {
  std::string element, with;
  std::vector<std::optional<double>> values;  // by quantity

  std::string name() const { return with.empty() ? element : element + " and " + with; }
};

/// @param pairs interactions of two, else effects of one
std::vector<Effect> effects_of(const StudyResult& result, bool pairs) {
  const flow::Names& names = result.plan.sweep;
  std::vector<Effect> list;
  for (std::size_t i = 0; i < names.size(); ++i)
    for (std::size_t j = pairs ? i + 1 : i; j < (pairs ? names.size() : i + 1); ++j)
      list.push_back({names[i], pairs ? names[j] : "", {}});
  for (const Quantity& one : quantities()) {
    const auto values = result.swept(one);
    std::size_t next = 0;
    for (std::size_t i = 0; i < names.size(); ++i)
      for (std::size_t j = pairs ? i + 1 : i; j < (pairs ? names.size() : i + 1); ++j)
        list[next++].values.push_back(!values ? std::nullopt
                                      : pairs ? std::optional(flow::ablation::interaction(*values, i, j))
                                              : std::optional(flow::ablation::main_effect(*values, i)));
  }
  return list;
}

std::string effects_table(const std::vector<Effect>& effects, const std::string& title,
                          report::Exhibits& out) {
  report::Row columns{"Element", "And"};
  for (const Quantity& one : quantities()) columns.push_back("#" + std::string(one.name));
  std::vector<report::Row> rows;
  for (const Effect& effect : effects) {
    rows.push_back({effect.element, effect.with});
    for (const auto& value : effect.values)
      rows.back().push_back(value ? report::compact_cell(*value) : report::Cell("–"));
  }
  return out.table(title, columns, rows);
}

/// A quantity's effects as parts of the baseline's figure, the largest ones if there are many; none where it has no effects.
std::string effects_figure(const StudyResult& result, const std::vector<Effect>& effects, std::size_t q,
                           const std::string& title, const std::string& caption, report::Exhibits& out) {
  constexpr std::size_t most_bars = 12;
  const auto values = result.swept(quantities()[q]);
  if (!values || values->front() == 0) return "";
  std::vector<std::pair<double, std::string>> parts;
  for (const Effect& effect : effects)
    parts.emplace_back(100 * *effect.values[q] / values->front(), effect.name());
  const auto smaller = [](const auto& a, const auto& b) { return std::abs(a.first) > std::abs(b.first); };
  std::stable_sort(parts.begin(), parts.end(), smaller);
  if (parts.empty() || parts.front().first == 0) return "";
  const bool many = parts.size() > most_bars;
  parts.resize(std::min(parts.size(), most_bars));
  report::BarChart chart;
  chart.title = title;
  chart.value_label = text("% of the baseline's ", quantities()[q].name);
  chart.unit = "%";
  chart.both_sides = true;
  chart.series = {{title, {}}};
  for (const auto& [part, name] : parts) {
    chart.labels.push_back(name);
    chart.series[0].values.push_back(part);
  }
  return out.figure(chart, caption + (many ? text(" The ", most_bars, " largest.") : ""));
}

/// Quantities that are the same at all points say nothing in a table of them.
std::vector<std::size_t> varying(const StudyResult& result) {
  std::vector<std::size_t> list;
  for (std::size_t q = 0; q < quantities().size(); ++q)
    if (const auto values = result.swept(quantities()[q]))
      if (std::any_of(values->begin(), values->end(), [&](double one) { return one != values->front(); }))
        list.push_back(q);
  return list;
}

/// A row for each of the 2^n, with a column for each element: 1 where it is changed.
std::string points_table(const StudyResult& result, report::Exhibits& out) {
  report::Row columns;
  for (const std::string& element : result.plan.sweep) columns.push_back("#" + element);
  const std::vector<std::size_t> shown = varying(result);
  for (const std::size_t q : shown)
    columns.push_back("#" + std::string(quantities()[q].name) +
                      (*quantities()[q].unit == '\0' ? "" : text(" (", quantities()[q].unit, ")")));
  std::vector<report::Row> rows;
  for (std::size_t n = 0; n < result.points.size(); ++n) {
    report::Row row;
    for (std::size_t i = 0; i < result.plan.sweep.size(); ++i)
      row.push_back((n >> i & 1) != 0 ? report::Cell("1", 1) : report::Cell("·", 0));
    for (const std::size_t q : shown) row.push_back(mean_cell(result.points[n], quantities()[q]));
    rows.push_back(std::move(row));
  }
  return out.table("All combinations", columns, rows);
}

std::string points_figure(const StudyResult& result, std::size_t x, std::size_t y, report::Exhibits& out) {
  const auto of_x = result.swept(quantities()[x]), of_y = result.swept(quantities()[y]);
  if (!of_x || !of_y) return "";
  report::Scatter chart;
  chart.title = "All combinations: energy against cycles";
  chart.x_label = "cycles per image";
  chart.y_label = "energy of chip and memory traffic (pJ)";
  report::ScatterGroup points{"combinations", {}}, baseline{"baseline", {}};
  for (std::size_t n = 0; n < of_x->size(); ++n)
    (n == 0 ? baseline : points).points.push_back({(*of_x)[n], (*of_y)[n], result.points[n].row.name});
  chart.groups = {points, baseline};
  return out.figure(chart, "A point for each combination of the elements; a tooltip names what it changes.");
}

std::size_t place_of(std::optional<double> Figures::*value) {
  for (std::size_t q = 0; q < quantities().size(); ++q)
    if (quantities()[q].value == value) return q;
  WD_ASSERT(false);
}

std::string sweep_section(const StudyResult& result, report::Exhibits& out) {
  const std::vector<Effect> mains = effects_of(result, false), pairs = effects_of(result, true);
  std::string figures = points_figure(result, place_of(&Figures::cycles), place_of(&Figures::total_pj), out);
  for (const auto& [value, what] : {std::pair{&Figures::accuracy, "accuracy"},
                                    {&Figures::cycles, "cycles"},
                                    {&Figures::energy_pj, "chip energy"},
                                    {&Figures::total_pj, "total energy"}}) {
    figures +=
        effects_figure(result, mains, place_of(value), text("Effects on ", what),
                       "What changing an element does, averaged over all combinations of the others.", out);
    figures +=
        effects_figure(result, pairs, place_of(value), text("Interactions in ", what),
                       "Half of how much one element's effect differs with the other one changed.", out);
  }
  std::string body = report::html_columns(figures) +
                     report::html_paragraph(
                         "Effects in the figure's own unit, averaged over all "
                         "combinations of the other elements.") +
                     effects_table(mains, "Effects", out);
  if (!pairs.empty())
    body += report::html_details("Interactions: half of how much one effect differs with the other changed",
                                 effects_table(pairs, "Interactions", out));
  body += report::html_details(text("All ", result.points.size(),
                                    " combinations: 1 where an element is changed; figures that all of "
                                    "them share are left out"),
                               points_table(result, out));
  return report::html_section("sweep", text("All ", result.points.size(), " combinations"), body);
}

}  // namespace

std::string ablation_page(const StudyResult& result, report::Exhibits& out) {
  const auto one = [&](std::optional<double> Figures::*value) -> const Quantity& {
    for (const Quantity& quantity : quantities())
      if (quantity.value == value) return quantity;
    return quantities().front();
  };
  const std::vector<RowResult>& rows = result.rows;
  std::string body = report::html_paragraph(
      text("Means of ", result.plan.seeds.empty() ? "one network" : text(result.plan.seeds.size(), " seeds"),
           ", with the standard error where there are several; cycles and energies of ", result.plan.images,
           " images. * energy of an array that the power table did not measure. ", result.caveat,
           result.caveat.empty() ? "" : ". ", "Commands are to be started in ", result.folder, "."));
  body += report::html_section(
      "rows", "The baseline and what differs from it",
      report::html_columns(
          figure(rows, one(&Figures::accuracy), "Accuracy", "Of the network of each row, on the chip.", out) +
          figure(rows, one(&Figures::model_bytes), "Compressed model", "Bytes that lie off the chip.", out) +
          figure(rows, one(&Figures::cycles), "Cycles per image", "Less is faster.", out) +
          block_figure(rows, out)) +
          table(rows, out));
  if (!result.points.empty()) body += sweep_section(result, out);
  return report::html_page("Ablation: " + result.plan.name, body);
}

}  // namespace wd::cli
