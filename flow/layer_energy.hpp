// SPDX-License-Identifier: Apache-2.0
// Energy of each layer and of what is between layers: they add up to the chip's.
//
// Units     of an image. Off-chip energy goes to layers by their traffic (traffic.hpp).
// Test      figures_test.cpp
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "hw/formats/program/program.hpp"
#include "sim/power_model.hpp"

namespace wd::flow {

struct LayerEnergy {
  std::string name;
  double cycles = 0, offchip_bytes = 0;
  sim::PowerEstimate energy;

  /// {chip_picojoule, offchip_picojoule, blocks: {name: pJ}}
  nlohmann::json energy_json() const;
};

struct LayerEnergies {
  std::vector<LayerEnergy> layers;
  LayerEnergy between;

  /// {between_layers, layers}: each with name, cycles, offchip_bytes, energy.
  nlohmann::json to_json() const;
};

/// @param counters, layers of an image, by Instr::layer
LayerEnergies layer_energies(const program::Program& program, const arch::Switches& switches,
                             const sim::PowerTable& table, const sim::CounterAmounts& counters,
                             const std::vector<sim::CounterAmounts>& layers);

}  // namespace wd::flow
