// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"
#include "cli/report/format.hpp"
#include "cli/report/html.hpp"
#include "cli/report/layer_energy.hpp"
#include "cli/report/sections.hpp"
#include "cli/report/svg.hpp"

namespace wd::report {
namespace {

using nlohmann::json;

std::string conditions(const json& energy) {
  return compact(number(energy, "volt")) + " V, " + compact(number(energy, "megahertz")) + " MHz, table " +
         energy.at("table").get<std::string>() + " (" + energy.at("library").get<std::string>() + ")";
}

std::string block_figure(Exhibits& out, const json& energy, Scale scale) {
  BarChart chart;
  chart.title = "Chip energy per image, by block (" + compact(number(energy, "volt")) + " V, " +
                compact(number(energy, "megahertz")) + " MHz)";
  chart.value_label = std::string(scale.unit) + " per image";
  chart.unit = scale.unit;
  chart.series = {{"energy", {}}};
  const json* largest = nullptr;
  for (const json& block : energy.at("blocks")) {
    if (largest == nullptr || number(block, "picojoule") > number(*largest, "picojoule")) largest = &block;
    chart.labels.push_back(block.at("block").get<std::string>());
    chart.series[0].values.push_back(number(block, "picojoule") * scale.factor);
  }
  WD_ASSERT(largest != nullptr);
  return out.figure(chart, "The longest bar is where an improvement counts most: " +
                               largest->at("block").get<std::string>() + " takes " +
                               percent(number(*largest, "picojoule") / number(energy, "chip_picojoule")) +
                               " of the chip's energy.");
}

std::string efficiency_figure(Exhibits& out, const json& summary) {
  BarChart chart;
  chart.title = "Energy efficiency, counted in two ways";
  chart.value_label = "TFLOPS/W";
  chart.unit = "TFLOPS/W";
  chart.labels = {"executed operands", "dense-equivalent"};
  chart.series = {{"efficiency",
                   {number(summary, "tflops_per_watt_executed"), number(summary, "tflops_per_watt_dense")}}};
  return out.figure(
      chart,
      "The same energy divided among the operations that were executed and among those of the dense network; "
      "the second holds only for this network's zeros (" +
          percent(number(summary, "activation_sparsity")) + " of activations, " +
          percent(number(summary, "weight_sparsity")) + " of weights, " +
          percent(number(summary, "weight_bit_sparsity")) + " of weight bits).");
}

std::string block_table(Exhibits& out, const json& energy, Scale scale) {
  const double chip = number(energy, "chip_picojoule");
  std::vector<Row> rows;
  for (const json& block : energy.at("blocks"))
    rows.push_back(
        {block.at("block").get<std::string>(), fixed_cell(number(block, "picojoule") * scale.factor, 3),
         percent_cell(number(block, "picojoule") / chip),
         percent_cell(number(block, "leakage_picojoule") / chip), block.at("provenance").get<std::string>()});
  for (const json& block : energy.at("missing"))
    rows.push_back(
        {block.get<std::string>(), "not known", "–", "–", "the table lacks it: the chip takes more"});
  rows.push_back(
      {"chip", fixed_cell(chip * scale.factor, 3), percent_cell(1), "–", "the sum of the blocks above"});
  rows.push_back({"off-chip memory", fixed_cell(number(energy, "offchip_picojoule") * scale.factor, 3), "–",
                  "–", "traffic of the memory port, not part of the chip"});
  return out.table("Energy of each block, per image",
                   {"Block", std::string("#Energy (") + scale.unit + " per image)", "#Share of chip",
                    "#Leakage, of chip", "Provenance"},
                   rows);
}

std::string efficiency_table(Exhibits& out, const Results& results, const json& summary) {
  const double bit_ops = number(results.run.at("counters"), "bit_ops"),
               macs = number(results.run, "dense_macs");
  const std::string zeros = percent(number(summary, "activation_sparsity")) + " / " +
                            percent(number(summary, "weight_sparsity")) + " / " +
                            percent(number(summary, "weight_bit_sparsity"));
  const auto row = [&](const std::string& name, const std::string& counted, double operations,
                       const char* key) {
    return Row{name, counted, grouped_cell(2 * operations), fixed_cell(number(summary, key), 3), zeros};
  };
  return out.table("Operations and efficiency",
                   {"Count", "What is an operation", "#Operations per image", "#TFLOPS/W",
                    "Zeros: activations / weights / weight bits"},
                   {row("executed",
                        "2 per operand that a PE adds: the weight bits of a row that are walked together "
                        "times a non-zero activation",
                        bit_ops, "tflops_per_watt_executed"),
                    row("dense-equivalent", "2 per multiply-accumulate of the network, zeros included", macs,
                        "tflops_per_watt_dense")});
}

/// What assumptions are worth.
std::string sensitivity_table(Exhibits& out, const json& energy, const json& run, Scale scale) {
  const double chip = number(energy, "chip_picojoule"), bit_ops = number(run.at("counters"), "bit_ops"),
               macs = number(run, "dense_macs");
  std::vector<Row> rows;
  for (const json& one : energy.at("sensitivity")) {
    const double its = number(one, "chip_picojoule");
    rows.push_back({one.at("what").get<std::string>(), fixed_cell(number(one, "factor"), 1),
                    fixed_cell(its * scale.factor, 3), percent_cell(its / chip),
                    fixed_cell(2 * bit_ops / its, 3), fixed_cell(2 * macs / its, 3)});
  }
  return out.table("What assumptions are worth",
                   {"If there were", "#Times", std::string("#Chip energy (") + scale.unit + " per image)",
                    "#Of the estimate", "#TFLOPS/W, executed", "#TFLOPS/W, dense-equivalent"},
                   rows);
}

}  // namespace

std::string energy_section(const Results& results, const json& summary, Exhibits& out) {
  const json& energy = results.run.at("energy");
  const Scale scale = energy_scale(number(energy, "chip_picojoule"));
  const std::string power = compact(1e3 * number(summary, "chip_watts")) + " mW";
  return html_section(
      "energy", "Energy",
      html_paragraph("Estimated from the counters at " + conditions(energy) + ". An image takes " +
                     compact(number(energy, "chip_picojoule") * scale.factor) + " " + scale.unit +
                     " on the chip, " + power +
                     " at back-to-back images. Ratios between runs of one table are better than the figures "
                     "themselves. The " +
                     energy.at("caveat").get<std::string>() + ".") +
          html_columns(block_figure(out, energy, scale) + efficiency_figure(out, summary)) +
          layer_energy_part(results.run, out) + efficiency_table(out, results, summary) +
          block_table(out, energy, scale) +
          html_paragraph(
              "Wires, clock tree and memories are assumptions or closed forms: what half and twice "
              "as much of each would change.") +
          sensitivity_table(out, energy, results.run, scale));
}

}  // namespace wd::report
