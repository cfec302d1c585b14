// SPDX-License-Identifier: Apache-2.0
// power: energy and power of a run by block, layer and image, at a voltage and a clock; what gates and assumptions are worth.
//
// What      counters of run.json times a power table; what no layer has (waits, bursts between layers) is a row of its own.
// Units     of an image, on average over the run's; pJ, W.
// Errors    a run without figures per layer or of another program, a table or a corner that does not do: wd::Error.
// Test      power_test.cpp, cli/power_test.sh
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "flow/context.hpp"
#include "flow/figures.hpp"
#include "sim/power_model.hpp"

namespace wd::flow {

struct PowerOptions {
  CommonOptions common;
  PowerTableOptions table;
  std::optional<double> volt, megahertz;
  bool gates = false;

  void declare(OptionSink& sink);
};

/// What a run counted, and what it ran on.
struct CountedRun {
  struct Layer {
    std::string name;
    sim::CounterAmounts counters;
    double dense_macs = 0;
    double activation_sparsity = 0, weight_sparsity = 0, weight_bit_sparsity = 0;
  };
  arch::Arch arch;
  arch::Switches switches;
  sim::CounterAmounts counters;  // of an image, as all that follow
  double dense_macs = 0;
  std::vector<Layer> layers;

  /// Over layers, by their dense multiply-accumulates.
  double sparsity(double Layer::*of) const;
  /// What no layer has.
  sim::CounterAmounts between() const;
};

/// @param json of run.json  @param origin what messages call it
CountedRun counted_run(const nlohmann::json& json, const arch::Arch& arch, const std::string& origin);

/// 2 operations each per pJ are TFLOPS/W.
struct Efficiency {
  double executed = 0, dense = 0;
};

struct LayerPower {
  std::string name;
  double cycles = 0;
  sim::PowerEstimate energy;
  Efficiency efficiency;
  std::optional<CountedRun::Layer> zeros;  // the layer of the run; what is between layers has none
};

struct GateVariant {
  std::string name;
  double chip_pj = 0;
  Names unknown;  // events whose energy is missing in it, because the table does not have them
};

struct PowerResult {
  sim::PowerTable table;
  CountedRun run;
  sim::PowerEstimate energy;
  Efficiency efficiency;
  std::vector<LayerPower> layers;  // and last what is between them
  std::vector<sim::PowerSensitivity> sensitivity;
  std::vector<GateVariant> gates;  // as run first, where they were asked for

  Efficiency efficiency_at(double picojoule) const;
  double seconds() const { return run.counters.cycles / (1e6 * energy.point.megahertz); }
  double watts(double picojoule) const { return 1e-12 * picojoule / seconds(); }
  nlohmann::json to_json() const;
  std::string to_csv() const;
};

PowerResult power_of(const CountedRun& run, const sim::PowerTable& table, const sim::OperatingPoint& point,
                     bool gates);

/// run.json and program.wdp of the folder to power.json and power.csv.
PowerResult power(const PowerOptions& options, Context& context);

}  // namespace wd::flow
