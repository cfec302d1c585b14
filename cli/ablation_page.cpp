// SPDX-License-Identifier: Apache-2.0
#include "cli/ablation_page.hpp"

#include <algorithm>

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
  return {written(spread->mean) + (error && *error > 0 ? " ± " + written(*error) : ""), spread->mean};
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
    chart.notes.push_back(mean_cell(row, quantity).text);
  }
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

std::string effects(const StudyResult& result, report::Exhibits& out) {
  report::Row columns{"Element", "And"};
  for (const Quantity& one : quantities()) columns.push_back("#" + std::string(one.name));
  std::vector<report::Row> mains, pairs;
  const flow::Names& names = result.plan.sweep;
  for (std::size_t i = 0; i < names.size(); ++i)
    for (std::size_t j = i; j < names.size(); ++j) {
      report::Row line{names[i], i == j ? "" : names[j]};
      for (const Quantity& one : quantities()) {
        const auto values = result.swept(one);
        line.push_back(!values  ? report::Cell("–")
                       : i == j ? report::compact_cell(flow::ablation::main_effect(*values, i))
                                : report::compact_cell(flow::ablation::interaction(*values, i, j)));
      }
      (i == j ? mains : pairs).push_back(std::move(line));
    }
  std::string body = report::html_paragraph(
                         "What changing an element does, averaged over all combinations of the others, in "
                         "the figure's own unit.") +
                     out.table("Effects", columns, mains);
  if (!pairs.empty())
    body += report::html_details("Interactions: half of how much one effect differs with the other changed",
                                 out.table("Interactions", columns, pairs));
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
           " images. * energy of an array that the power table did not measure. ", result.caveat));
  body += report::html_section(
      "rows", "The baseline and what differs from it",
      report::html_columns(
          figure(rows, one(&Figures::accuracy), "Accuracy", "Of the network of each row, on the chip.", out) +
          figure(rows, one(&Figures::model_bytes), "Compressed model", "Bytes that lie off the chip.", out) +
          figure(rows, one(&Figures::cycles), "Cycles per image", "Less is faster.", out) +
          block_figure(rows, out)) +
          table(rows, out));
  if (!result.points.empty()) body += effects(result, out);
  return report::html_page("Ablation: " + result.plan.name, body);
}

}  // namespace wd::cli
