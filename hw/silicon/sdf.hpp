// SPDX-License-Identifier: Apache-2.0
// Delays of a netlist: what OpenSTA is asked, and what the simulator gets of its answer.
//
// Numerics  the clock network has no delay: gated flops would race. Interconnect is in the cells' delays, by their load.
// Errors    more than 1 % of the instances without a delay, a missing slew: wd::Error.
// Test      netlist_test.cpp, cli/characterize_test.sh
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "hw/silicon/netlist.hpp"

namespace wd::silicon {

/// Refuses a netlist of which more than 1 % of the instances are of cells without delays, naming the first one's line.
void require_delays(const Library& library, const Netlist& netlist);

/// Tcl for OpenSTA: reads library and flat netlist, writes delays.sdf, slews.txt and worst.txt into `folder`. A clock that leaves the
/// netlist, to what was cut out of it, ends no path: like the clock inside, it has no tree yet.
/// @param clocks its ports  @param clock_nets by net
std::string timing_script(const Library& library, const Netlist& netlist, const std::vector<double>& loads_ff,
                          const std::string& clocks, const std::vector<bool>& clock_nets, double period_ns,
                          const std::filesystem::path& folder);

struct Delays {
  // SDF of each block of blocked_verilog(): the simulator looks for a cell among all nets and cells of the scope that it is told.
  std::vector<std::string> blocks;
  std::size_t instances = 0;  // that need a delay: all but those with constant outputs
  std::size_t without_delay = 0;
};

/// `none`: all of a cycle happens at once, so that nothing glitches; flip-flops take a picosecond, or gated ones would race.
enum class DelayModel { library, none };
Delays simulator_delays(std::string_view sdf, const Netlist& netlist, const std::vector<bool>& clock_nets,
                        const std::string& origin, DelayModel model = DelayModel::library);

/// By net, the transition time of its driver, ns; `otherwise` where nothing is known: inputs.
std::vector<double> net_slews(std::string_view slews, const Netlist& netlist, double otherwise,
                              const std::string& origin);

}  // namespace wd::silicon
