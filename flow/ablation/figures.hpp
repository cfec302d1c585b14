// SPDX-License-Identifier: Apache-2.0
// Figures of a row on one network, and over the networks of several seeds.
//
// Units     of an image, but for model_bytes, offchip_ratio and accuracies. Energies of a power table.
// Numerics  model_bytes is what `compress` makes of the network as the row has it: without `fold` every iteration has its own weights, without
//           `on_chip_signs` all signs are stored, without `huffman` fields are of a fixed width. offchip_ratio is the dense, unfolded network in FP32
//           by that; onchip_ratio and TFLOPS/W are those of `run` and `power` (docs/compression.md, docs/power.md).
// Test      cli/ablation_test.sh
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "flow/explore/evaluator.hpp"
#include "flow/judge.hpp"

namespace wd::flow::ablation {

using explore::Design;

struct Figures {
  std::optional<double> accuracy, accuracy_fp32;
  std::optional<double> model_bytes, offchip_ratio, dram_bytes, onchip_ratio;
  std::optional<double> cycles, run_cycles, beats_read;
  std::optional<double> energy_pj, offchip_pj, total_pj;
  std::optional<double> tflops_per_watt_executed, tflops_per_watt_dense;
  std::vector<std::pair<std::string, double>> blocks;  // the chip's energy, pJ
  Names extrapolated;                                  // sim::extrapolated()
};

struct Quantity {
  const char *name, *unit, *meaning;
  std::optional<double> Figures::*value;
};
std::span<const Quantity> quantities();

/// Over the seeds; none where one of them lacks it.
std::optional<Spread> spread_over(const std::vector<Figures>& samples, const Quantity& quantity);
/// Of the mean.
std::optional<double> standard_error(const Spread& spread);

/// Figures of designs that an evaluator has measured. Designs that follow each other and share a program compile it once.
class Accountant {
 public:
  /// @param evaluator, table not owned
  Accountant(const explore::Evaluator& evaluator, const sim::PowerTable& table)
      : evaluator_(evaluator), table_(table) {}

  Figures of(const Design& design, const explore::Evaluation& evaluation);

 private:
  const program::Program& program(const Design& design);
  double model_bytes(const Design& design);

  const explore::Evaluator& evaluator_;
  const sim::PowerTable& table_;
  std::string compiled_;  // what program_ is
  program::Program program_;
  std::map<std::string, double> bytes_;
};

}  // namespace wd::flow::ablation
