// SPDX-License-Identifier: Apache-2.0
#include "cli/report/format.hpp"
#include "cli/report/html.hpp"
#include "cli/report/roofline.hpp"
#include "cli/report/sections.hpp"
#include "cli/report/summary.hpp"
#include "cli/report/svg.hpp"

namespace wd::report {
namespace {

using nlohmann::json;

std::vector<std::string> names(const json& array) {
  std::vector<std::string> result;
  for (const json& element : array) result.push_back(element.at("name").get<std::string>());
  return result;
}

Series column(const json& array, const std::string& name, const char* key, double factor = 1) {
  Series series{name, {}};
  for (const json& element : array) series.values.push_back(factor * number(element, key));
  return series;
}

std::string run_figure(Exhibits& out, const json& layers, const json& summary) {
  BarChart chart;
  chart.title = "Cycles per image, by layer";
  chart.value_label = "cycles (all executions of the layer)";
  chart.unit = "cycles";
  chart.layout = Layout::stacked;
  chart.labels = names(layers);
  chart.series = {column(layers, "array walks (RUN)", "run_cycles"), {"set-up, waiting and post unit", {}}};
  double total = 0;
  for (const json& layer : layers) {
    chart.series[1].values.push_back(number(layer, "cycles") - number(layer, "run_cycles"));
    chart.notes.push_back(grouped(number(layer, "cycles")));
    total += number(layer, "cycles");
  }
  return out.figure(chart, "The longest bar is the layer to speed up; all layers together take " +
                               grouped(total) + " of the " + grouped(number(summary, "cycles_per_image")) +
                               " cycles of an image.");
}

std::string utilization_figure(Exhibits& out, const json& layers) {
  BarChart chart;
  chart.title = "PE utilization, by layer";
  chart.value_label = "operands per PE and RUN cycle (%)";
  chart.unit = "%";
  chart.bars = Bars::vertical;
  chart.high = 100;
  chart.labels = names(layers);
  chart.series = {column(layers, "utilization", "utilization", 100)};
  return out.figure(
      chart,
      "What a bar lacks to 100 % are PEs whose activation is zero where that of another group of their "
      "walker is not, "
      "that wait, for the fullest walker of a row or for the next row, or that have no channel or pixel.");
}

std::string layer_table(Exhibits& out, const json& layers) {
  std::vector<Row> rows;
  for (const json& layer : layers)
    rows.push_back({layer.at("name").get<std::string>(), grouped_cell(number(layer, "executions")),
                    grouped_cell(number(layer, "dense_macs")), grouped_cell(number(layer, "cycles")),
                    grouped_cell(number(layer, "run_cycles")), grouped_cell(number(layer, "walk_ops")),
                    grouped_cell(number(layer, "bit_ops")), percent_cell(number(layer, "utilization")),
                    percent_cell(number(layer, "walker_utilization")),
                    compact_cell(number(layer, "saturations"))});
  return out.table("Work and cycles of each layer, per image",
                   {"Layer", "#Executions", "#Dense MACs", "#Cycles", "#RUN cycles", "#Walked positions",
                    "#Operands", "#Utilization", "#Walker utilization", "#FP8 saturations"},
                   rows);
}

const json& entry(const json& entries, const std::string& name) {
  for (const json& e : entries)
    if (e.at("name") == name) return e;
  return entries[0];
}

/// The rows of a study are what it names.
bool has_entry(const json& entries, const std::string& name) {
  return entry(entries, name).at("name") == name;
}

std::string ratio_text(double value, double base) { return fixed(value / base, 2) + "×"; }

/// The entries with the energy of chip and off-chip traffic together.
json with_totals(json entries) {
  for (json& e : entries) e["total_pj"] = number(e, "energy_pj") + number(e, "offchip_pj");
  return entries;
}

/// Rows of a study are what it names, not elements that are off.
std::string ablation_figure(Exhibits& out, const json& entries, const std::string& study, const char* key,
                            const std::string& what, Scale scale) {
  BarChart chart;
  chart.title =
      what + " per image, " + (study.empty() ? "with elements switched off" : "rows of the study " + study);
  chart.value_label = std::string(scale.unit) + " per image";
  chart.unit = scale.unit;
  chart.labels = names(entries);
  chart.series = {column(entries, what, key, scale.factor)};
  const double base = number(entries[0], key), off = number(entry(entries, "all_off"), key);
  for (const json& e : entries)
    chart.notes.push_back(compact(number(e, key) * scale.factor) + " (" + ratio_text(number(e, key), base) +
                          ")");
  if (!study.empty())
    return out.figure(chart, "A bar's excess over the baseline is what the row's differences cost.");
  return out.figure(chart,
                    "A bar's excess over the baseline is the worth of the element it names, switched off "
                    "alone" +
                        (!has_entry(entries, "all_off")
                             ? "."
                             : "; with all switches off it is " + ratio_text(off, base) + " the baseline."));
}

std::string ablation_table(Exhibits& out, const json& entries, const std::string& study) {
  const double cycles = number(entries[0], "cycles"), energy = number(entries[0], "energy_pj"),
               total = number(entries[0], "total_pj");
  const Scale scale = energy_scale(energy);
  std::vector<Row> rows;
  for (const json& e : entries)
    rows.push_back(
        {e.at("name").get<std::string>(), off_text(e), grouped_cell(number(e, "cycles")),
         times_cell(number(e, "cycles") / cycles), fixed_cell(number(e, "energy_pj") * scale.factor, 2),
         times_cell(number(e, "energy_pj") / energy), fixed_cell(number(e, "offchip_pj") * scale.factor, 2),
         times_cell(number(e, "total_pj") / total), grouped_cell(number(e, "run_cycles")),
         grouped_cell(number(e, "beats_read"))});
  return out.table(
      study.empty() ? "With elements switched off, per image" : "Rows of the study " + study + ", per image",
      {"Entry", study.empty() ? "Off, or other" : "What differs", "#Cycles", "#Cycles, of baseline",
       std::string("#Chip energy (") + scale.unit + ")", "#Chip energy, of baseline",
       std::string("#Off-chip energy (") + scale.unit + ")", "#Both, of baseline", "#RUN cycles",
       "#Beats read"},
      rows);
}

}  // namespace

std::string sparsity_section(const Results& results, const json& summary, Exhibits& out) {
  const json& layers = results.run.at("layers");
  BarChart chart;
  chart.title = "Zeros, by layer";
  chart.value_label = "zeros (%)";
  chart.unit = "%";
  chart.bars = Bars::vertical;
  chart.high = 100;
  chart.labels = names(layers);
  chart.series = {column(layers, "activations", "activation_sparsity", 100),
                  column(layers, "weights", "weight_sparsity", 100),
                  column(layers, "weight bits", "weight_bit_sparsity", 100)};
  std::vector<Row> rows;
  for (const json& layer : layers)
    rows.push_back({layer.at("name").get<std::string>(), percent_cell(number(layer, "activation_sparsity")),
                    percent_cell(number(layer, "weight_sparsity")),
                    percent_cell(number(layer, "weight_bit_sparsity"))});
  rows.push_back({"all, by dense MACs", percent_cell(number(summary, "activation_sparsity")),
                  percent_cell(number(summary, "weight_sparsity")),
                  percent_cell(number(summary, "weight_bit_sparsity"))});
  const std::string caption = "The higher a bar, the more work can be skipped; averaged over dense MACs, " +
                              percent(number(summary, "activation_sparsity")) + " of activations and " +
                              percent(number(summary, "weight_sparsity")) + " of weights are zero.";
  return html_section(
      "sparsity", "Sparsity",
      html_columns(out.figure(chart, caption) +
                   out.table("Zeros of each layer",
                             {"Layer", "#Zero activations", "#Zero weights", "#Zero weight bits"}, rows)));
}

std::string cycles_section(const Results& results, const json& summary, Exhibits& out) {
  const json& layers = results.run.at("layers");
  return html_section(
      "cycles", "Cycles",
      html_columns(run_figure(out, layers, summary) + utilization_figure(out, layers)) +
          layer_table(out, layers) + roofline_part(results.run, results.compile.at("arch"), out) +
          html_paragraph("Loading the program's weights takes " +
                         grouped(number(results.run.at("load"), "cycles")) + " cycles, once."));
}

std::string ablation_section(const Results& results, const json&, Exhibits& out) {
  const json entries = with_totals(results.ablation.at("entries"));
  const auto study = results.ablation.value("name", std::string());
  const Scale energy = energy_scale(number(entries[0], "energy_pj")),
              total = energy_scale(number(entries[0], "total_pj"));
  return html_section(
      "ablation", "What each element is worth",
      html_columns(
          ablation_figure(out, entries, study, "cycles", "Cycles", {1, "cycles", "cycles"}) +
          ablation_figure(out, entries, study, "energy_pj", "Chip energy", energy) +
          ablation_figure(out, entries, study, "total_pj", "Energy of chip and memory traffic", total)) +
          ablation_table(out, entries, study) +
          html_paragraph("Averages over " + grouped(number(results.ablation, "images")) + " images; " +
                         (study.empty() ? "switches change cycles or energy, never a result. " : "") +
                         extrapolated_text(entries)));
}

}  // namespace wd::report
