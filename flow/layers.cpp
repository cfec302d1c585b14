// SPDX-License-Identifier: Apache-2.0
#include "flow/layers.hpp"

#include <bit>

#include "hw/formats/program/weight_words.hpp"
#include "sim/chip_state.hpp"

namespace wd::flow {
namespace {

struct WeightSparsity {
  double weights = 0, nonzero = 0, bits = 0, planes = 0;
};

/// Of the layer's true shape.
double weights_of(const program::Program& program, const arch::Instr& conv) {
  const int uses = conv.out_h * conv.out_w * (conv.pooled ? conv.kernel_h * conv.kernel_w : 1);
  return static_cast<double>(program.layers[conv.layer].dense_macs) / uses;
}

/// Counts from the rows themselves: loads every burst, then looks at each layer's rows.
std::vector<WeightSparsity> weight_sparsity(const program::Program& program) {
  std::vector<WeightSparsity> result(program.layers.size());
  sim::ChipState state(program);
  const auto visit = [&](const arch::Instr& instr, int iteration) {
    if (instr.operation() == arch::Op::LoadWeights) state.load(instr, {});
    if (instr.operation() != arch::Op::Conv || iteration != 0) return;
    WeightSparsity& layer = result[instr.layer];
    layer = {};
    layer.weights = weights_of(program, instr);
    layer.planes = instr.planes;
    for (int r = 0; r < instr.tiles_oc * program::stored_rows(instr, program.arch); ++r)
      for (const program::WeightWord& word : state.weight_row(instr.weight_row + r)) {
        layer.bits += std::popcount(word.mask);
        if (r % instr.planes == 0) layer.nonzero += std::popcount(word.mask | word.sign);
      }
  };
  sim::execute(program, program.load_entry, visit, [](const arch::Instr&) {});
  sim::execute(program, program.frame_entry, visit, [](const arch::Instr&) {});
  return result;
}

}  // namespace

std::vector<std::uint64_t> executions_per_frame(const program::Program& program) {
  std::vector<std::uint64_t> times(program.layers.size(), 0);
  sim::execute(
      program, program.frame_entry,
      [&](const arch::Instr& instr, int) {
        if (instr.operation() == arch::Op::Conv) ++times[instr.layer];
      },
      [](const arch::Instr&) {});
  return times;
}

std::uint64_t dense_macs_per_frame(const program::Program& program) {
  const std::vector<std::uint64_t> times = executions_per_frame(program);
  std::uint64_t macs = 0;
  for (std::size_t i = 0; i < times.size(); ++i) macs += times[i] * program.layers[i].dense_macs;
  return macs;
}

OnChip onchip_compression(const program::Program& program, double bit_ops) {
  double stored = 0, unfolded = 0;
  sim::execute(
      program, program.frame_entry,
      [&](const arch::Instr& instr, int iteration) {
        if (instr.operation() != arch::Op::Conv) return;
        const double weights = weights_of(program, instr);
        unfolded += weights;
        if (iteration == 0) stored += weights;
      },
      [](const arch::Instr&) {});
  return {unfolded / stored, 32 * static_cast<double>(dense_macs_per_frame(program)), bit_ops};
}

nlohmann::json OnChip::to_json() const {
  return {{"fold", fold},
          {"dense_bits", dense_bits},
          {"bit_ops", bit_ops},
          {"work_ratio", work_ratio()},
          {"ratio", ratio()}};
}

void LayerTotals::add(const sim::FastEngine& engine) {
  counters.resize(engine.layer_counters().size());
  sparsity.resize(counters.size());
  for (std::size_t i = 0; i < counters.size(); ++i) {
    counters[i] += engine.layer_counters()[i];
    sparsity[i].activations += engine.layer_sparsity()[i].activations;
    sparsity[i].zero_activations += engine.layer_sparsity()[i].zero_activations;
  }
}

nlohmann::json LayerTotals::to_json(const program::Program& program, double frames) const {
  const std::vector<WeightSparsity> weights = weight_sparsity(program);
  const std::vector<std::uint64_t> times = executions_per_frame(program);
  nlohmann::json layers = nlohmann::json::array();
  for (std::size_t i = 0; i < counters.size(); ++i) {
    const auto average = [&](std::uint64_t n) { return static_cast<double>(n) / frames; };
    const double slots = average(counters[i].run_cycles) * program.arch.pes();
    layers.push_back({{"name", program.layers[i].name},
                      {"executions", times[i]},
                      {"dense_macs", times[i] * program.layers[i].dense_macs},
                      {"cycles", average(counters[i].cycles)},
                      {"run_cycles", average(counters[i].run_cycles)},
                      {"walk_ops", average(counters[i].walk_ops)},
                      {"bit_ops", average(counters[i].bit_ops)},
                      {"utilization", average(counters[i].walk_ops) / slots},
                      {"activation_sparsity", static_cast<double>(sparsity[i].zero_activations) /
                                                  static_cast<double>(sparsity[i].activations)},
                      {"weight_sparsity", 1 - weights[i].nonzero / weights[i].weights},
                      {"weight_bit_sparsity", 1 - weights[i].bits / (weights[i].weights * weights[i].planes)},
                      {"saturations", average(counters[i].saturations)}});
  }
  return layers;
}

}  // namespace wd::flow
