// SPDX-License-Identifier: Apache-2.0
// Energy of a part of a block in a library, window by window: synthesis, delays, simulation, calculation.
//
// What      what was made is kept by the content of all that it was made from, as flow/slice_energy.hpp does.
// Errors    a netlist whose outputs are not those of the RTL, with port and cycle; what tools refuse: wd::Error.
// Test      blocks_test.cpp, cli/characterize_test.sh
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "flow/block_stimulus.hpp"
#include "flow/gate_level.hpp"

namespace wd::flow {

struct PartEnergy : GateRun {
  std::vector<silicon::Energy> windows;
  double area_um2 = 0;
  std::uint64_t compared = 0;
  bool knows_wires = true;  // of its windows; what an older version kept does not

  /// Of another program's windows.
  PartEnergy& operator+=(const PartEnergy& other);
  nlohmann::json to_json() const;
  static PartEnergy from_json(const nlohmann::json& json);
};

PartEnergy measure_part(const silicon::Library& library, const BlockPart& part, const RtlProgram& what,
                        const std::vector<std::size_t>& windows, const GateRequest& request,
                        Context& context);

}  // namespace wd::flow
