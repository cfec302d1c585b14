// SPDX-License-Identifier: Apache-2.0
#include "cli/report/roofline.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "cli/report/format.hpp"
#include "cli/report/results.hpp"
#include "hw/arch/arch.hpp"

namespace wd::report {

using nlohmann::json;

Roofs roofs_of(const json& arch) {
  const json all = arch::completed(arch);
  return {number(all, "groups_y") * number(all, "groups_x") * number(all, "pes_per_group"),
          number(all, "bus_bits") / 8};
}

std::vector<RooflineLayer> roofline_layers(const json& run) {
  std::vector<RooflineLayer> layers;
  for (const json& layer : run.at("layers"))
    layers.push_back({layer.at("name").get<std::string>(), number(layer, "bit_ops"),
                      number(layer, "offchip_bytes"), number(layer, "cycles")});
  return layers;
}

namespace {

bool is_drawn(const RooflineLayer& layer) { return layer.operands > 0 && layer.cycles > 0; }

/// What dots and roofs need of the axes: the lowest operands per byte and, beyond all others, the right edge.
struct Span {
  double low, edge;
};

Span span_of(const std::vector<RooflineGroup>& groups) {
  double least = HUGE_VAL, most = 0;
  for (const RooflineGroup& group : groups) {
    least = std::min(least, group.roofs.ridge() / 10);
    most = std::max(most, group.roofs.ridge() * 10);
    for (const RooflineLayer& layer : group.layers) {
      if (!is_drawn(layer)) continue;
      least = std::min(least, layer.operands / layer.cycles / group.roofs.bytes_per_cycle);
      if (layer.bytes == 0) continue;
      least = std::min(least, layer.operands / layer.bytes);
      most = std::max(most, layer.operands / layer.bytes);
    }
  }
  return {least, std::pow(10, std::ceil(std::log10(most * 1.5)))};
}

}  // namespace

Scatter roofline_chart(const std::string& title, const std::vector<RooflineGroup>& groups) {
  const Span span = span_of(groups);
  Scatter chart;
  chart.title = title;
  chart.x_label = "operands per byte of off-chip traffic (right edge: none)";
  chart.y_label = "operands per cycle";
  chart.logarithmic = true;
  std::vector<Roofs> seen;
  for (const RooflineGroup& of : groups) {
    if (std::find(seen.begin(), seen.end(), of.roofs) == seen.end()) {
      seen.push_back(of.roofs);
      chart.roofs.push_back({"chip of " + of.name,
                             {{span.low, span.low * of.roofs.bytes_per_cycle, ""},
                              {of.roofs.ridge(), of.roofs.operands_per_cycle, ""},
                              {span.edge, of.roofs.operands_per_cycle, ""}}});
    }
    ScatterGroup group{of.name, {}};
    for (std::size_t i = 0; i < of.layers.size(); ++i) {
      const RooflineLayer& layer = of.layers[i];
      if (!is_drawn(layer)) continue;
      const double x = layer.bytes > 0 ? layer.operands / layer.bytes : span.edge,
                   y = layer.operands / layer.cycles;
      group.points.push_back({x, y,
                              text(layer.name, ": ", compact(y), " operands per cycle, ",
                                   layer.bytes > 0 ? compact(x) + " per byte" : std::string("no traffic")),
                              std::to_string(i + 1)});
    }
    if (!group.points.empty()) chart.groups.push_back(std::move(group));
  }
  return chart;
}

namespace {

std::string bound_of(const RooflineLayer& layer, const Roofs& roofs) {
  if (layer.operands == 0 && layer.bytes == 0) return "–";
  return layer.least_for_work(roofs) >= layer.least_for_traffic(roofs) ? "work" : "traffic";
}

std::string layer_table(const std::vector<RooflineLayer>& layers, const Roofs& roofs, Exhibits& out) {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const RooflineLayer& layer = layers[i];
    const double work = layer.least_for_work(roofs), traffic = layer.least_for_traffic(roofs);
    rows.push_back({layer.name, grouped_cell(static_cast<double>(i + 1)), grouped_cell(layer.operands),
                    grouped_cell(layer.bytes),
                    layer.bytes > 0 ? compact_cell(layer.operands / layer.bytes) : Cell("–"),
                    grouped_cell(layer.cycles),
                    layer.cycles > 0 ? compact_cell(layer.operands / layer.cycles) : Cell("–"),
                    grouped_cell(work), grouped_cell(traffic), bound_of(layer, roofs),
                    layer.cycles > 0 ? percent_cell(std::max(work, traffic) / layer.cycles) : Cell("–")});
  }
  return out.table(
      "Roofline of each layer, per image",
      {"Layer", "#In the plot", "#Operands", "#Off-chip bytes", "#Operands per byte", "#Cycles",
       "#Operands per cycle", "#Cycles, work alone", "#Cycles, traffic alone", "Bound by", "#Of the roof"},
      rows);
}

}  // namespace

std::string roofline_part(const json& run, const json& arch, Exhibits& out) {
  const Roofs roofs = roofs_of(arch);
  const std::vector<RooflineLayer> layers = roofline_layers(run);
  const bool products = std::any_of(layers.begin(), layers.end(), is_drawn);
  std::string figure;
  if (products)
    figure =
        html_columns(out.figure(roofline_chart("Roofline, by layer", {{"layers", roofs, layers}}),
                                "The flat roof is the array (" + grouped(roofs.operands_per_cycle) +
                                    " PEs), the slope the memory port (" + compact(roofs.bytes_per_cycle) +
                                    " bytes per cycle); a point's distance below them is what its layer "
                                    "could be faster, and one above the "
                                    "slope had its weights fetched while layers before it ran."));
  return figure + layer_table(layers, roofs, out);
}

}  // namespace wd::report
