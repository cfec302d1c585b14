// SPDX-License-Identifier: Apache-2.0
// Per-layer figures of a program: cycles and sparsity, summed over frames of the fast simulator.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "hw/formats/program/program.hpp"
#include "sim/fast/fast_engine.hpp"

namespace wd::flow {

/// Multiply-accumulates of the dense network, per image.
std::uint64_t dense_macs_per_frame(const program::Program& program);
/// How often a frame executes each layer.
std::vector<std::uint64_t> executions_per_frame(const program::Program& program);

/// On-chip compression, as docs/compression.md defines it: how much less weight data works than in the dense,
/// unfolded network with FP32 weights.
struct OnChip {
  double fold = 1;  // weights of the unfolded network, by those that are stored
  /// Weight bits that the dense FP32 network applies to an image: 32 a multiply-accumulate
  double dense_bits = 0;
  double bit_ops = 0;  // weight bits that are applied: set ones, at activations that are not 0

  double work_ratio() const { return dense_bits / bit_ops; }
  double ratio() const { return fold * work_ratio(); }
  nlohmann::json to_json() const;
};

/// @param bit_ops of an image, from a simulator's counters.
OnChip onchip_compression(const program::Program& program, double bit_ops);

struct LayerTotals {
  std::vector<arch::Counters> counters;
  std::vector<sim::FastEngine::Sparsity> sparsity;

  void add(const sim::FastEngine& engine);
  /// Averages over `frames`, with the weights' sparsity from the program.
  nlohmann::json to_json(const program::Program& program, double frames) const;
};

}  // namespace wd::flow
