// SPDX-License-Identifier: Apache-2.0
// Per-layer figures of a program: cycles and sparsity, summed over frames of the fast simulator.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "hw/program/program.hpp"
#include "sim/energy.hpp"
#include "sim/fast.hpp"

namespace wd::cli {

/// Multiply-accumulates of the dense network, per image.
std::uint64_t dense_macs_per_frame(const program::Program& program);
/// How often a frame executes each layer.
std::vector<std::uint64_t> executions_per_frame(const program::Program& program);

struct LayerTotals {
  std::vector<arch::Counters> counters;
  std::vector<sim::FastEngine::Sparsity> sparsity;

  void add(const sim::FastEngine& engine);
  /// Averages over `frames`, with the weights' sparsity from the program.
  nlohmann::json to_json(const program::Program& program, double frames) const;
};

nlohmann::json energy_json(const sim::Energy& energy, double images);

}  // namespace wd::cli
