// SPDX-License-Identifier: Apache-2.0
// A module of the RTL as a netlist in a library: synthesis, delays, simulation with delays. What the array's slice and the blocks share.
//
// What      netlists and delays are kept by the content of all that they were made from; the RTL is elaborated once for all blocks.
// Errors    what tools refuse, a simulation that takes less than 99 % of the delays: wd::Error.
// Test      cli/characterize_test.sh, cli/characterize_blocks_test.sh
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "flow/context.hpp"
#include "hw/silicon/power.hpp"
#include "hw/silicon/sdf.hpp"

namespace wd::flow {

class Steps;

struct GateRequest {
  std::filesystem::path source;  // WhiteDwarf's tree: hw/rtl, hw/syn, testbench/gates
  std::filesystem::path keep;    // where results are kept
  silicon::WireAssumption wires;
  double synthesis_period_ns = 4;
  std::string library_sha256;
  Steps* steps = nullptr;  // told of what is done; not owned
};

/// What is synthesised.
struct GateModule {
  std::string top, module;  // `module`: one below `top`, with the parameters that it has there; or `top`
  std::vector<std::string> parameters, cut;  // "Window=2" of `top`; modules that are left out
};

/// Of what is kept: another way to measure has another one.
inline constexpr const char* gate_level_version = "-v5";

struct GateTiming {
  double worst_path_ns = 0, period_ns = 0;  // the period leaves a quarter more than the slowest path
  std::vector<double> slews;      // by net; the clocks', which have no tree yet: the median of all others
  std::size_t without_delay = 0;  // instances
};

/// What a simulation with delays was, beside its energy. JSON has a key for each, but `kept`.
struct GateRun {
  double period_ns = 0, worst_path_ns = 0;
  std::uint64_t cycles = 0, transitions = 0, glitches = 0, unmatched = 0;
  std::size_t instances = 0, without_delay = 0;
  bool kept = false;  // nothing was simulated: it was there

  void took(const GateTiming& timing);
  void saw(const silicon::PowerMeter& meter);
  /// Another run of the same netlist.
  void add_run(const GateRun& other);
  void run_to(nlohmann::json& json) const;
  void run_from(const nlohmann::json& json);
};

struct GateBench {
  std::vector<std::string> iverilog;  // its own arguments: macros, the bench's file
  std::string scope;                  // of the bench
  bool tells_cycles = false;          // "cycle" in it changes where one begins; else the clock does
};

class GateLevel {
 public:
  GateLevel(const silicon::Library& library, const GateRequest& request, GateModule module, Context& context);

  /// Of all that the netlist is made from.
  const std::string& key() const { return key_; }
  void synthesise() const;
  silicon::Netlist netlist() const;
  /// Of the netlist itself, the wires and a stimulus: another version of the RTL may have the same.
  std::string simulation_key(const std::string& stimulus) const;

  /// Writes delays.vh into `work`: statements that give the delays to `dut`.
  GateTiming time(const silicon::Netlist& netlist, const std::string& clocks,
                  const std::vector<bool>& clock_nets, silicon::DelayModel delays,
                  const std::filesystem::path& work) const;
  /// Of a netlist that was timed in `work`. @return what the bench said
  std::string simulate(const silicon::Netlist& netlist, const GateBench& bench, silicon::PowerMeter& meter,
                       double period_ns, double cycles, const std::filesystem::path& work) const;

 private:
  /// run_tool(); that it was interrupted is said where it was.
  void run(const std::vector<std::string>& command, const std::filesystem::path& log,
           const std::function<void(std::FILE*)>& read = {}) const;
  std::filesystem::path folder() const;
  std::filesystem::path waves(const std::filesystem::path& work) const { return work / "waves.vcd"; }
  std::vector<std::string> synthesis_command(const std::filesystem::path& out) const;

  const silicon::Library& library_;
  const GateRequest& request_;
  const GateModule module_;
  Context& context_;
  std::string key_, elaboration_key_;
};

}  // namespace wd::flow
