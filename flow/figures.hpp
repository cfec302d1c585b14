// SPDX-License-Identifier: Apache-2.0
// Figures of a program: work and sparsity per layer, on-chip compression, energy as JSON.
//
// Units     of an image, unless they say of an execution.
// Source    docs/compression.md, docs/result-files.md
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "flow/engines.hpp"
#include "hw/formats/program/program.hpp"
#include "sim/power_model.hpp"
#include "sim/power_shipped.hpp"

namespace wd::flow {

/// Multiply-accumulates of the dense network, per image.
std::uint64_t dense_macs_per_image(const program::Program& program);
/// What any engine must read and write at least for an image: at each execution of a layer the codes of its input, its residual and
/// its output, its weights, packed as in memory, and its norms, once each.
double least_bytes_per_image(const program::Program& program);
/// How often a frame executes each layer.
std::vector<std::uint64_t> executions_per_frame(const program::Program& program);

/// On-chip compression, as docs/compression.md defines it: how much less weight data works than in the dense,
/// unfolded network with FP32 weights.
struct OnChip {
  double fold = 1;  // weights of the unfolded network, by those that are stored
  /// Weight bits that the dense FP32 network applies to an image: 32 a multiply-accumulate
  double dense_bits = 0;
  /// Weight bits that are applied: those of an operand's row, set or not, at activations that are not 0
  double applied_bits = 0;

  double work_ratio() const { return dense_bits / applied_bits; }
  double ratio() const { return fold * work_ratio(); }
  nlohmann::json to_json() const;
};

/// @param operands of an image: `bit_ops` of a simulator's counters.
OnChip onchip_compression(const program::Program& program, double operands);

struct LayerFigures {
  std::string name;
  std::uint64_t executions = 0;  // of a frame
  std::uint64_t dense_macs = 0;  // of all executions
  double cycles = 0, run_cycles = 0, walk_ops = 0, bit_ops = 0;
  double utilization = 0;         // operands per PE and RUN cycle
  double walker_utilization = 0;  // walked positions per walker and RUN cycle
  double activation_sparsity = 0, weight_sparsity = 0, weight_bit_sparsity = 0, saturations = 0;

  nlohmann::json to_json() const;
};

/// Averages over `images`, with the weights' sparsity from the program.
std::vector<LayerFigures> layer_figures(const program::Program& program, const LayerCounts& counts,
                                        double images);

/// What a stage that estimates energies takes them from.
struct PowerTableOptions {
  std::string table = sim::default_power_table;

  void declare(OptionSink& sink);
  sim::PowerTable load() const;
};

nlohmann::json energy_json(const sim::PowerEstimate& energy);

}  // namespace wd::flow
