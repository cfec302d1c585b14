// SPDX-License-Identifier: Apache-2.0
// Activity of a run without waves: what the signals of the RTL and of SystemC did, as counts per block, in activity.json.
//
// Errors    engines without signals; engines whose shared ports differ: wd::Error.
// Test      cli/waves_test.sh, testbench/signals_test.cpp
#pragma once

#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>

#include "flow/chip.hpp"
#include "flow/engines.hpp"
#include "sim/activity.hpp"

namespace wd::flow {

struct ActivityOptions {
  bool on = false;

  void declare(OptionSink& sink);
  void require(const Names& engines, const arch::Arch& arch) const;
};

class RunActivity {
 public:
  /// Readies the chip's engines.
  RunActivity(const ActivityOptions& options, Chip& chip, const Names& engines);

  /// Before a frame of an engine, and after it.
  void begin(sim::Engine& engine, std::span<const std::uint8_t> input);
  void end(const sim::Engine& engine);
  bool on() const { return on_; }
  nlohmann::json to_json() const;
  /// Of engines that ran the same frames.
  void require_agreement() const;

 private:
  const sim::ActivityCounter* counter(const std::string& engine) const;

  bool on_;
  Chip& chip_;
  std::map<std::string, std::unique_ptr<sim::ActivityCounter>> counters_;  // by engine
};

}  // namespace wd::flow
