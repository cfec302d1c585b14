// SPDX-License-Identifier: Apache-2.0
// characterize: energy of the chip's events in a library, from the RTL's own netlist on a program's own operands.
//
// Units     fJ per event, nW, um2 as the library has them, ns.
// Errors    a library, a program or tools that lack something, before anything is made: wd::Error.
// Test      slice_test.cpp, cli/characterize_test.sh
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "flow/blocks.hpp"
#include "flow/context.hpp"
#include "flow/inputs.hpp"
#include "flow/slice_energy.hpp"

namespace wd::flow {

struct CharacterizeOptions {
  std::filesystem::path liberty, table = "power.json", program = "out", source, keep;
  Names blocks;  // empty: all
  InputOptions inputs;
  std::uint64_t image = 0, draw = 1;
  int cycles = 3000;
  silicon::WireAssumption wires{1, 1};

  CharacterizeOptions();
  void declare(OptionSink& sink);
};

struct EventEnergy {
  std::string event;
  double femtojoule = 0, count = 0;
};

struct PartTable {
  std::string part;
  std::vector<EventEnergy> events;
  double energy_fj = 0, leakage_nw = 0, area_um2 = 0;
  double glitch_share = 0;
  double residual = 0;  // of the fit, tile by tile
  double held_out = 0;  // fitted on every other tile: error of the sum over the rest
};

struct CharacterizeResult {
  std::string command, date;
  std::vector<BlockResult> blocks;  // around the array
  sim::PowerTable table;            // of these
  bool slice = false;               // the array's slice was measured: what follows
  nlohmann::json library, tools, stimulus, settings;
  SliceEnergy energy;
  SliceEvents events;
  double dense_macs = 0;
  std::vector<PartTable> parts;
  double residual = 0, held_out = 0, glitch_share = 0;  // of all parts together

  std::size_t tiles = 0;

  nlohmann::json to_json() const;

 private:
  nlohmann::json slice_json() const;
};

/// Tables of all parts. @param events by tile
std::vector<PartTable> fit_parts(const SliceEnergy& energy, const std::vector<SliceEvents>& events);

CharacterizeResult characterize(const CharacterizeOptions& options, Context& context);

}  // namespace wd::flow
