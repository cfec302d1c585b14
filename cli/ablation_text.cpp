// SPDX-License-Identifier: Apache-2.0
#include "cli/ablation_text.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "cli/lines.hpp"
#include "flow/ablation/effects.hpp"

namespace wd::cli {
namespace {

using flow::ablation::Figures;
using flow::ablation::Quantity;
using flow::ablation::RowResult;
using flow::ablation::StudyResult;

constexpr std::size_t most_points = 16, most_interactions = 12;

const Quantity& quantity(std::optional<double> Figures::*value) {
  for (const Quantity& one : flow::ablation::quantities())
    if (one.value == value) return one;
  WD_ASSERT(false);
}

std::string number(const RowResult& row, std::optional<double> Figures::*value, int width, int digits,
                   double factor = 1) {
  const std::optional<double> mean = row.mean(quantity(value));
  return mean ? line("%*.*f", width, digits, *mean * factor) : line("%*s", width, "-");
}

std::string with_error(const RowResult& row, std::optional<double> Figures::*value, double factor) {
  const std::optional<flow::Spread> spread = row.spread(quantity(value));
  if (!spread) return line("%15s", "-");
  const std::optional<double> error = flow::ablation::standard_error(*spread);
  return line("%7.2f", factor * spread->mean) +
         (error ? line(" +- %4.2f", factor * *error) : line("%8s", ""));
}

/// A row's marks: '*' its energy is extrapolated.
std::string row_line(const RowResult& row, const RowResult& baseline, int width) {
  const auto ratio = [&](std::optional<double> Figures::*value) {
    const std::optional<double> own = row.mean(quantity(value)), base = baseline.mean(quantity(value));
    return own && base ? line("%7.2f", *own / *base) : line("%7s", "-");
  };
  std::string out = line("%-*s ", width, row.row.name.c_str());
  out += with_error(row, &Figures::accuracy, 100) + number(row, &Figures::model_bytes, 10, 0) +
         number(row, &Figures::offchip_ratio, 8, 1) + number(row, &Figures::dram_bytes, 10, 0) +
         number(row, &Figures::onchip_ratio, 8, 0) + number(row, &Figures::cycles, 10, 0) +
         ratio(&Figures::cycles) + number(row, &Figures::energy_pj, 10, 1, 1e-3) +
         ratio(&Figures::energy_pj) + number(row, &Figures::total_pj, 10, 1, 1e-3) +
         number(row, &Figures::tflops_per_watt_executed, 9, 3) +
         number(row, &Figures::tflops_per_watt_dense, 8, 3);
  return out + (row.extrapolated().empty() ? "" : " *") + "\n";
}

/// Of the column of names.
int name_width(const std::vector<RowResult>& rows) {
  std::size_t width = 22;
  for (const RowResult& row : rows) width = std::max(width, row.row.name.size());
  return static_cast<int>(width);
}

std::string head(int width) {
  return line("%-*s %15s%10s%8s%10s%8s%10s%7s%10s%7s%10s%9s%8s\n", width, "of an image", "accuracy (%)",
              "bytes", "ratio", "traffic", "on-chip", "cycles", "x", "chip nJ", "x", "total nJ", "TFLOPS/W",
              "dense");
}

std::string notes(const std::vector<RowResult>& rows) {
  std::string out;
  for (const RowResult& row : rows) {
    if (!row.extrapolated().empty())
      out += text("* ", row.row.name, ": energy is extrapolated, the table's chip did not have ",
                  flow::join(row.extrapolated()), "\n");
    if (!row.refused.empty()) out += text(row.row.name, ": no chip figures: ", row.refused, "\n");
  }
  return out;
}

std::string block_table(const std::vector<RowResult>& rows) {
  const auto blocks = rows.front().blocks();
  if (blocks.empty()) return "";
  std::string out = line("\n%-22s ", "chip energy, nJ");
  for (const auto& [name, picojoule] : blocks)
    out += line("%*s", static_cast<int>(std::max<std::size_t>(9, name.size() + 1)), name.c_str());
  out += "\n";
  for (const RowResult& row : rows) {
    const auto own = row.blocks();
    if (own.empty()) continue;
    out += line("%-22s ", row.row.name.c_str());
    for (const auto& [name, picojoule] : own)
      out += line("%*.1f", static_cast<int>(std::max<std::size_t>(9, name.size() + 1)), picojoule / 1000);
    out += "\n";
  }
  return out;
}

constexpr std::optional<double> Figures::*swept[] = {&Figures::accuracy,   &Figures::model_bytes,
                                                     &Figures::dram_bytes, &Figures::cycles,
                                                     &Figures::energy_pj,  &Figures::total_pj};

/// Effects of one element or two, as parts of the baseline's figure; accuracy in points.
template <typename Effect>
std::string effect_line(const StudyResult& study, const std::string& name, Effect effect) {
  std::string out = line("%-46s", name.c_str());
  for (const auto value : swept) {
    const auto values = study.swept(quantity(value));
    if (!values) {
      out += line("%12s", "-");
      continue;
    }
    const double base = value == &Figures::accuracy ? 1 : values->front();
    const double part = 100 * effect(*values) / base;
    out += line("%+12.2f", std::abs(part) < 0.005 ? 0.0 : part);  // no "-0.00"
  }
  return out + "\n";
}

std::string sweep_text(const StudyResult& study) {
  const flow::Names& names = study.plan.sweep;
  std::string out = text("\nsweep of ", names.size(), " elements, 2^", names.size(), " = ",
                         study.points.size(), " points: ", flow::join(names), "\n");
  if (study.points.size() <= most_points) {
    const int width = name_width(study.points);
    out += head(width);
    for (const RowResult& point : study.points) out += row_line(point, study.points.front(), width);
  }
  out += line("%-46s%12s%12s%12s%12s%12s%12s\n", "effect of a change, averaged over the others", "accuracy",
              "bytes %", "traffic %", "cycles %", "chip nJ %", "total nJ %");
  for (std::size_t i = 0; i < names.size(); ++i)
    out += effect_line(study, names[i],
                       [i](const auto& values) { return flow::ablation::main_effect(values, i); });
  if (names.size() < 2) return out;
  const auto energies = study.swept(quantity(&Figures::total_pj));
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (std::size_t i = 0; i < names.size(); ++i)
    for (std::size_t j = i + 1; j < names.size(); ++j) pairs.emplace_back(i, j);
  const auto size = [&](const auto& pair) {
    return energies ? std::abs(flow::ablation::interaction(*energies, pair.first, pair.second)) : 0;
  };
  std::stable_sort(pairs.begin(), pairs.end(),
                   [&](const auto& a, const auto& b) { return size(a) > size(b); });
  out += pairs.size() <= most_interactions ? "interactions\n"
                                           : text("interactions, the ", most_interactions,
                                                  " largest of total nJ; all: ablation-effects.csv\n");
  for (std::size_t p = 0; p < std::min(pairs.size(), most_interactions); ++p) {
    const auto [i, j] = pairs[p];
    out += effect_line(study, names[i] + " and " + names[j], [i = i, j = j](const auto& values) {
      return flow::ablation::interaction(values, i, j);
    });
  }
  return out + "parts of the baseline's figure; accuracy in points\n";
}

}  // namespace

std::string ablation_text(const flow::ablation::AblationOptions& options, const StudyResult& result) {
  const int width = name_width(result.rows);
  std::string out = head(width);
  for (const RowResult& row : result.rows) out += row_line(row, result.rows.front(), width);
  out += notes(result.rows) + block_table(result.rows);
  if (!result.points.empty()) out += sweep_text(result);
  if (!result.plan.seeds.empty())
    out += result.plan.seeds.size() == 1 ? std::string("of one seed, which has no standard error\n")
                                         : text("means of ", result.plan.seeds.size(),
                                                " seeds; accuracies with the standard error of the mean\n");
  out += batch_line(result.plan.rows.front().design.compile.batch);
  if (!result.caveat.empty()) out += "energy: " + result.caveat + "\n";
  out += text(result.computed, " designs computed now\n");
  const char* file = options.row.empty() ? "ablation.json" : "row.json";
  out += "commands of the rows start in " + result.folder + "\n";
  return out + "all figures: " + options.elements.common.file(file).string() + "\n";
}

}  // namespace wd::cli
