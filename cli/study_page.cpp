// SPDX-License-Identifier: Apache-2.0
#include "cli/study_page.hpp"

#include <cmath>
#include <functional>
#include <optional>

#include "base/error.hpp"
#include "cli/report/format.hpp"

namespace wd::cli {
namespace {

using flow::Spread;
using flow::StudyReport;
using Value = std::optional<Spread>;

double standard_error(const Spread& spread) {
  return spread.deviation ? *spread.deviation / std::sqrt(static_cast<double>(spread.count)) : 0;
}

/// 97.51 ± 0.12
report::Cell with_error(const Value& spread, double factor, int decimals) {
  if (!spread) return "–";
  std::string shown = report::fixed(spread->mean * factor, decimals);
  if (spread->deviation) shown += " ± " + report::fixed(standard_error(*spread) * factor, decimals);
  return {shown, spread->mean * factor,
          spread->deviation ? std::optional(standard_error(*spread) * factor) : std::nullopt};
}

/// What accuracy is drawn against.
struct Axis {
  const char *title, *label;
  std::function<Value(const flow::TrainSpreads&)> value;
};

const std::vector<Axis>& axes() {
  using S = const flow::TrainSpreads&;
  static const std::vector<Axis> list{
      {"the off-chip ratio", "dense FP32 bytes / compressed bytes", [](S s) { return s.offchip_ratio; }},
      {"bits per weight", "bits per weight", [](S s) { return Value(s.bits_per_weight); }},
      {"cycles", "cycles per image", [](S s) { return s.cycles; }},
      {"chip energy", "chip energy per image (pJ)", [](S s) { return s.energy_pj; }}};
  return list;
}

std::string plot(const StudyReport& report, const Axis& axis, report::Exhibits& out) {
  report::Scatter chart;
  chart.title = std::string("Accuracy against ") + axis.title;
  chart.x_label = axis.label;
  chart.y_label = "accuracy (%)";
  chart.y_most = 100;
  report::ScatterGroup group{"variants", {}};
  for (const StudyReport::Variant& variant : report.variants)
    if (const Value x = axis.value(variant.spreads)) {
      const Spread& y = variant.spreads.accuracy_fp32;
      group.points.push_back(
          {x->mean, 100 * y.mean,
           text(variant.name, ": ", report::fixed(100 * y.mean, 2), " %, ", report::compact(x->mean)),
           variant.name, 100 * standard_error(y)});
    }
  if (group.points.empty()) return "";
  chart.groups = {group};
  return out.figure(chart,
                    text("Means over ", report.seeds.size(),
                         report.seeds.size() == 1 ? " seed, which has no standard error."
                                                  : " seeds; a bar reaches a standard error up and down."));
}

std::string variants_table(const StudyReport& report, report::Exhibits& out) {
  std::vector<report::Row> rows;
  for (const StudyReport::Variant& variant : report.variants) {
    const flow::TrainSpreads& s = variant.spreads;
    rows.push_back({variant.name, with_error(s.accuracy_fp32, 100, 2), with_error(s.accuracy_hw, 100, 2),
                    with_error(s.bits_per_weight, 1, 3), with_error(s.compressed_bytes, 1, 0),
                    with_error(s.offchip_ratio, 1, 1), with_error(s.onchip_ratio, 1, 1),
                    with_error(s.cycles, 1, 0), with_error(s.energy_pj, 1e-3, 1),
                    with_error(s.offchip_pj, 1e-3, 1)});
  }
  return out.table("Variants: means and standard errors",
                   {"Variant", "#Accuracy, FP32 (%)", "#Accuracy, chip (%)", "#Bits per weight",
                    "#Compressed bytes", "#Off-chip ratio", "#On-chip ratio", "#Cycles per image",
                    "#Chip energy (nJ)", "#Off-chip energy (nJ)"},
                   rows);
}

std::string claims_table(const StudyReport& report, report::Exhibits& out) {
  std::vector<report::Row> rows;
  const auto points = [](const std::optional<double>& value) {
    return value ? report::Cell(report::fixed(100 * *value, 2), 100 * *value) : report::Cell("–");
  };
  for (const StudyReport::JudgedClaim& judged : report.claims)
    rows.push_back({judged.claim.text, judged.claim.better, judged.claim.than,
                    points(judged.judgement.difference), points(judged.judgement.standard_error),
                    points(judged.judgement.half_width), flow::verdict_text(judged.judgement.verdict)});
  if (rows.empty()) return "";
  return report::html_section(
      "claims", "Claims",
      out.table("Claims: differences of accuracies, in points",
                {"Claim", "Better", "Than", "#Difference", "#Standard error", "#95 % half width", "Verdict"},
                rows));
}

std::string layer_energies(const StudyReport& report, report::Exhibits& out) {
  std::vector<report::Row> rows;
  for (const StudyReport::Variant& variant : report.variants)
    for (const auto& [layer, spread] : variant.spreads.layer_energy_pj)
      rows.push_back({variant.name, layer, with_error(spread, 1e-3, 2)});
  if (rows.empty()) return "";
  return report::html_section("energy", "Energy by layer",
                              out.table("Chip energy by layer: means and standard errors",
                                        {"Variant", "Layer", "#Energy per image (nJ)"}, rows));
}

}  // namespace

std::string study_page(const StudyReport& report, report::Exhibits& out) {
  std::string plots;
  for (const Axis& axis : axes()) plots += plot(report, axis, out);
  return report::html_page("Study: " + report.name,
                           report::html_section("variants", "Variants",
                                                report::html_columns(plots) + variants_table(report, out)) +
                               claims_table(report, out) + layer_energies(report, out));
}

}  // namespace wd::cli
