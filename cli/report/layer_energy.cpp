// SPDX-License-Identifier: Apache-2.0
#include "cli/report/layer_energy.hpp"

#include <algorithm>
#include <vector>

#include "base/error.hpp"
#include "cli/report/format.hpp"
#include "cli/report/results.hpp"

namespace wd::report {
namespace {

using nlohmann::json;

constexpr std::size_t shown_blocks = 5;  // colours of their own; the others are one

/// The layers' energies, and behind them what no layer has.
struct Parts {
  std::vector<std::string> names;
  std::vector<json> energies;
  std::vector<std::string> blocks;  // by their energy, the greatest first
};

Parts parts_of(const json& run) {
  Parts parts;
  for (const json& layer : run.at("layers")) {
    parts.names.push_back(layer.at("name").get<std::string>());
    parts.energies.push_back(layer.at("energy"));
  }
  parts.names.emplace_back("between layers");
  parts.energies.push_back(run.at("between_layers").at("energy"));
  std::vector<std::pair<double, std::string>> order;
  for (const json& block : run.at("energy").at("blocks"))
    order.emplace_back(-number(block, "picojoule"), block.at("block").get<std::string>());
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [energy, name] : order) parts.blocks.push_back(std::move(name));
  return parts;
}

double of_block(const json& energy, const std::string& block) {
  return energy.at("blocks").value(block, 0.0);
}

BarChart chart_of(const Parts& parts, Scale scale) {
  BarChart chart;
  chart.title = "Chip energy per image, by layer and block";
  chart.value_label = std::string(scale.unit) + " per image";
  chart.unit = scale.unit;
  chart.layout = Layout::stacked;
  chart.labels = parts.names;
  const std::size_t own = parts.blocks.size() <= shown_blocks + 1 ? parts.blocks.size() : shown_blocks;
  for (std::size_t b = 0; b < own; ++b) {
    chart.series.push_back({parts.blocks[b], {}});
    for (const json& energy : parts.energies)
      chart.series.back().values.push_back(of_block(energy, parts.blocks[b]) * scale.factor);
  }
  if (own == parts.blocks.size()) return chart;
  chart.series.push_back({text(parts.blocks.size() - own, " others"), {}});
  for (const json& energy : parts.energies) {
    double rest = 0;
    for (std::size_t b = own; b < parts.blocks.size(); ++b) rest += of_block(energy, parts.blocks[b]);
    chart.series.back().values.push_back(rest * scale.factor);
  }
  return chart;
}

}  // namespace

std::string layer_energy_part(const json& run, Exhibits& out) {
  const Parts parts = parts_of(run);
  double greatest = 0;
  std::size_t longest = 0;
  for (std::size_t i = 0; i < parts.energies.size(); ++i) {
    const double of = number(parts.energies[i], "chip_picojoule");
    if (of > greatest) greatest = of, longest = i;
  }
  const Scale scale = energy_scale(greatest);
  Row columns{"Layer", std::string("#Chip (") + scale.unit + ")",
              std::string("#Off-chip memory (") + scale.unit + ")"};
  for (const std::string& block : parts.blocks) columns.emplace_back("#" + block);
  std::vector<Row> rows;
  for (std::size_t i = 0; i < parts.names.size(); ++i) {
    const json& energy = parts.energies[i];
    Row row{parts.names[i], fixed_cell(number(energy, "chip_picojoule") * scale.factor, 3),
            fixed_cell(number(energy, "offchip_picojoule") * scale.factor, 3)};
    for (const std::string& block : parts.blocks)
      row.push_back(fixed_cell(of_block(energy, block) * scale.factor, 3));
    rows.push_back(std::move(row));
  }
  return html_columns(out.figure(chart_of(parts, scale),
                                 "The longest bar, " + parts.names[longest] + ", takes " +
                                     percent(greatest / number(run.at("energy"), "chip_picojoule")) +
                                     " of the chip's energy; its longest part is the block that an "
                                     "improvement of that layer should aim at.")) +
         out.table("Energy of each layer and block, per image", columns, rows);
}

}  // namespace wd::report
