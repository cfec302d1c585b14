// SPDX-License-Identifier: Apache-2.0
#include "flow/layer_energy.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "flow/traffic.hpp"

namespace wd::flow {

using nlohmann::json;

LayerEnergies layer_energies(const program::Program& program, const arch::Switches& switches,
                             const sim::PowerTable& table, const sim::CounterAmounts& counters,
                             const std::vector<sim::CounterAmounts>& layers) {
  WD_ASSERT(layers.size() == program.layers.size());
  const sim::OperatingPoint point = sim::operating_point(table);
  const auto estimate = [&](const sim::CounterAmounts& of) {
    return sim::estimate_power(table, of, program.arch, switches, point);
  };
  const double offchip = estimate(counters).offchip_pj;
  const std::vector<LayerTraffic> traffic = traffic_of_layers(program);
  std::uint64_t beats = 0;
  for (const LayerTraffic& one : traffic) beats += one.beats();
  LayerEnergies result;
  sim::CounterAmounts rest = counters;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    rest -= layers[i];
    const auto its = static_cast<double>(traffic[i].beats());
    LayerEnergy layer{program.layers[i].name, layers[i].cycles,
                      its * program.arch.bus_bits / 8 / program.batch, estimate(layers[i])};
    layer.energy.offchip_pj = beats == 0 ? 0 : offchip * its / static_cast<double>(beats);
    result.layers.push_back(std::move(layer));
  }
  // Means are not whole numbers: a rest of nothing may be a little below.
#define ARCH_COUNTER(name, sv, unit, meaning) rest.name = std::max(rest.name, 0.0);
#include "hw/arch/counters.def"
#undef ARCH_COUNTER
  result.between = {"between layers", rest.cycles, 0, estimate(rest)};
  result.between.energy.offchip_pj = 0;
  return result;
}

json LayerEnergy::energy_json() const {
  json blocks = json::object();
  for (const sim::BlockEnergy& block : energy.blocks) blocks[block.block] = block.picojoule();
  return {{"chip_picojoule", energy.chip_pj()}, {"offchip_picojoule", energy.offchip_pj}, {"blocks", blocks}};
}

json LayerEnergies::to_json() const {
  const auto row = [](const LayerEnergy& one) {
    return json{{"name", one.name},
                {"cycles", one.cycles},
                {"offchip_bytes", one.offchip_bytes},
                {"energy", one.energy_json()}};
  };
  json list = json::array();
  for (const LayerEnergy& layer : layers) list.push_back(row(layer));
  return {{"layers", list}, {"between_layers", row(between)}};
}

}  // namespace wd::flow
