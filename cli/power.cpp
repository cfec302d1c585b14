// SPDX-License-Identifier: Apache-2.0
#include "flow/power.hpp"

#include <algorithm>

#include "cli/command.hpp"
#include "cli/lines.hpp"

namespace wd::cli {
namespace {

constexpr std::size_t most_layers = 12;

std::string block_lines(const flow::PowerResult& r) {
  std::string out = line("%-18s %12s %7s %12s %12s %12s %10s\n", "block", "nJ/image", "share", "leakage",
                         "ungated", "wires", "mW");
  const double chip = r.energy.chip_pj();
  for (const sim::BlockEnergy& b : r.energy.blocks)
    out += line("%-18s %12.3f %7s %12.3f %12.3f %12.3f %10.3f\n", b.block.c_str(), b.picojoule() / 1000,
                percent(b.picojoule() / chip).c_str(), b.leakage_pj / 1000, b.ungated_pj / 1000,
                b.wires_pj / 1000, 1000 * r.watts(b.picojoule()));
  return out + line("%-18s %12.3f %45s %20.3f\n", "chip", chip / 1000, "", 1000 * r.watts(chip)) +
         line("%-18s %12.3f %45s %20.3f\n", "off-chip memory", r.energy.offchip_pj / 1000, "",
              1000 * r.watts(r.energy.offchip_pj));
}

std::string layer_lines(const flow::PowerResult& r) {
  std::vector<const flow::LayerPower*> order;
  for (const flow::LayerPower& layer : r.layers) order.push_back(&layer);
  std::stable_sort(order.begin(), order.end(),
                   [](const auto* a, const auto* b) { return a->energy.chip_pj() > b->energy.chip_pj(); });
  std::string out = line("\n%-24s %10s %11s %8s %9s %8s  %s\n", "layer, TFLOPS/W", "cycles", "nJ/image",
                         "share", "executed", "dense", "zeros: activations, weights, bits");
  for (std::size_t i = 0; i < std::min(order.size(), most_layers); ++i) {
    const flow::LayerPower& one = *order[i];
    out += line("%-24s %10.1f %11.3f %8s %9.3f %8.3f", one.name.c_str(), one.cycles,
                one.energy.chip_pj() / 1000, percent(one.energy.chip_pj() / r.energy.chip_pj()).c_str(),
                one.efficiency.executed, one.efficiency.dense);
    if (one.zeros)
      out += "  " + percent(one.zeros->activation_sparsity) + ", " + percent(one.zeros->weight_sparsity) +
             ", " + percent(one.zeros->weight_bit_sparsity);
    out += "\n";
  }
  if (order.size() > most_layers)
    out += line("and %zu of less energy; power.json has all, by block\n", order.size() - most_layers);
  return out;
}

std::string efficiency_lines(const flow::PowerResult& r) {
  using Layer = flow::CountedRun::Layer;
  return line("\n%.4g executed, %.4g dense-equivalent TFLOPS/W at %.2f V, %.1f MHz, of %s\n",
              r.efficiency.executed, r.efficiency.dense, r.energy.point.volt, r.energy.point.megahertz,
              r.energy.library.c_str()) +
         "zeros: " + percent(r.run.sparsity(&Layer::activation_sparsity)) + " of activations, " +
         percent(r.run.sparsity(&Layer::weight_sparsity)) + " of weights, " +
         percent(r.run.sparsity(&Layer::weight_bit_sparsity)) + " of weight bits\n";
}

std::string assumption_lines(const flow::PowerResult& r) {
  const double chip = r.energy.chip_pj();
  std::string out = line("\n%-14s %8s %12s %8s %10s %10s\n", "if there were", "times", "nJ/image", "x",
                         "executed", "dense");
  for (const sim::PowerSensitivity& one : r.sensitivity) {
    const flow::Efficiency efficiency = r.efficiency_at(one.chip_pj);
    out += line("%-14s %8.1f %12.3f %8.3f %10.3f %10.3f\n", one.what.c_str(), one.factor, one.chip_pj / 1000,
                one.chip_pj / chip, efficiency.executed, efficiency.dense);
  }
  if (!r.gates.empty()) out += line("\n%-22s %12s %8s\n", "clock gates", "nJ/image", "x");
  for (const flow::GateVariant& one : r.gates)
    out += line("%-22s %12.3f %8.3f", one.name.c_str(), one.chip_pj / 1000, one.chip_pj / chip) +
           (one.unknown.empty() ? "" : "  more, by what the table lacks: " + flow::join(one.unknown)) + "\n";
  return out;
}

std::string show(const flow::PowerOptions&, const flow::PowerResult& r) {
  std::string made;
  for (const char* key : {"date", "command", "made"})
    if (r.table.provenance.contains(key) && r.table.provenance.at(key).is_string())
      made += line("%s%s: ", made.empty() ? "" : "; ", key) + r.table.provenance.at(key).get<std::string>();
  return block_lines(r) + layer_lines(r) + efficiency_lines(r) + assumption_lines(r) + "\ntable " +
         r.table.name + (made.empty() ? "" : " (" + made + ")") + "\n" + r.energy.caveat() + "\n";
}

}  // namespace

Command power_command() {
  return make_command("power", "energy and power of a run by block, layer and image, from its counters",
                      "  whitedwarf power --out run1\n"
                      "  whitedwarf power --out run1 --power-table 45nm-reference --voltage 0.7 --clock 200\n"
                      "  whitedwarf power --out run1 --power-table mine.json --gates     a table of "
                      "`characterize`; what gates save\n",
                      flow::power, show);
}

}  // namespace wd::cli
