// SPDX-License-Identifier: Apache-2.0
// Energy of a part of a block in a library, window by window: synthesis, delays, simulation, calculation.
//
// What      what was made is kept by the content of all that it was made from, as flow/slice_energy.hpp does.
// Errors    a netlist whose outputs are not those of the RTL, with port and cycle; what tools refuse: wd::Error.
// Test      blocks_test.cpp, cli/characterize_test.sh
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "flow/block_stimulus.hpp"
#include "flow/context.hpp"
#include "hw/silicon/power.hpp"

namespace wd::flow {

struct BlockRequest {
  std::filesystem::path source;  // WhiteDwarf's tree: hw/rtl, hw/syn
  std::filesystem::path keep;    // where results are kept
  silicon::WireAssumption wires;
  double synthesis_period_ns = 4;
  std::string library_sha256, stimulus_sha256;  // of the library; of program and input
};

struct PartEnergy {
  std::vector<silicon::Energy> windows;
  double area_um2 = 0, period_ns = 0, worst_path_ns = 0;
  std::uint64_t cycles = 0, compared = 0, transitions = 0, glitches = 0, unmatched = 0;
  std::size_t instances = 0, without_delay = 0;
  bool kept = false;  // nothing was simulated: it was there

  nlohmann::json to_json() const;
  static PartEnergy from_json(const nlohmann::json& json);
};

PartEnergy measure_part(const silicon::Library& library, const BlockPart& part, const RtlProgram& what,
                        const std::vector<std::size_t>& windows, const BlockRequest& request,
                        Context& context);

}  // namespace wd::flow
