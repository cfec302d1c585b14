// SPDX-License-Identifier: Apache-2.0
// Energy of the array's slice in a library, tile by tile: synthesis, delays, simulation, calculation.
//
// What      what was made is kept by the content of all that it was made from: a call that is repeated, or was interrupted, takes it
//           from there.
// Errors    a netlist whose sums, walks or operands are not those of the simulator, with the tile; what tools refuse: wd::Error.
// Test      cli/characterize_test.sh
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "flow/gate_level.hpp"
#include "flow/slice.hpp"

namespace wd::flow {

/// What is counted together: the window's lanes, walkers and maps (and what lies between), the group with its PEs.
enum class SlicePart { lanes, walkers, group };
inline constexpr int slice_parts = 3;
const char* slice_part_name(int part);

struct SliceRequest : GateRequest {
  bool delays = true;          // off: without glitches, for comparison
  unsigned ungated = 0;        // levels whose gates are off, bits of SliceGate
  std::string name = "slice";  // in messages
};

struct ModuleEnergy {
  int instances = 0;
  double area_um2 = 0;
  silicon::Energy energy;
};

struct SliceEnergy : GateRun {
  std::vector<std::vector<silicon::Energy>> tiles;  // [tile][part]
  std::map<std::string, ModuleEnergy> modules;      // what lies in instances of a module itself
  std::vector<double> area_um2;                     // by part

  /// Of another stream of the same netlist.
  SliceEnergy& operator+=(const SliceEnergy& other);
  silicon::Energy sum(int part) const;
  nlohmann::json to_json() const;
  static SliceEnergy from_json(const nlohmann::json& json);
};

SliceEnergy measure_slice(const silicon::Library& library, const arch::Arch& arch,
                          const std::vector<SliceTile>& tiles, const SliceRequest& request, Context& context);

}  // namespace wd::flow
