// SPDX-License-Identifier: Apache-2.0
#include "flow/figures.hpp"

#include <algorithm>
#include <bit>

#include "hw/formats/program/weight_words.hpp"
#include "sim/chip_state.hpp"

namespace wd::flow {
namespace {

struct WeightSparsity {
  double weights = 0, nonzero = 0, bits = 0, planes = 0;
};

/// 0 where there is nothing, as in layers without products.
double share(double part, double whole) { return whole > 0 ? part / whole : 0; }

/// Of the layer's true shape.
double weights_of(const program::Program& program, const arch::Instr& conv) {
  const int uses =
      conv.out_h * (conv.out_w / conv.images) * (conv.pooled ? conv.kernel_h * conv.kernel_w : 1);
  return static_cast<double>(program.layers[conv.layer].dense_macs) / uses;
}

/// Counts from the rows themselves: loads every burst, then looks at each layer's rows.
std::vector<WeightSparsity> weight_sparsity(const program::Program& program) {
  std::vector<WeightSparsity> result(program.layers.size());
  sim::ChipState state(program);
  const auto visit = [&](const arch::Instr& instr, int iteration) {
    if (instr.operation() == arch::Op::LoadWeights) state.burst(instr, iteration);
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
        if (arch::has_tiles(instr.operation())) ++times[instr.layer];
      },
      [](const arch::Instr&) {});
  return times;
}

std::uint64_t dense_macs_per_image(const program::Program& program) {
  const std::vector<std::uint64_t> times = executions_per_frame(program);
  std::uint64_t macs = 0;
  for (std::size_t i = 0; i < times.size(); ++i) macs += times[i] * program.layers[i].dense_macs;
  return macs;
}

double least_bytes_per_image(const program::Program& program) {
  std::vector<std::size_t> packed(static_cast<std::size_t>(program.arch.weight_rows));  // bytes of each row
  std::size_t bytes = 0;
  program::WeightBursts bursts(program);
  const auto load = [&](const arch::Instr& instr) {
    std::size_t row = static_cast<std::size_t>(instr.weight_row);
    for (const program::PackedRow one : bursts.at(instr, "weights: ").rows)
      packed[row++] = program::packed_bytes(one, program.arch);
  };
  const auto visit = [&](const arch::Instr& instr, int) {
    const arch::Op op = instr.operation();
    if (op == arch::Op::LoadWeights) return load(instr);
    if (!arch::has_tiles(op)) return;
    const std::size_t output = std::size_t{1} * instr.out_h * instr.out_w * instr.out_blocks * arch::block;
    bytes += op == arch::Op::Elementwise
                 ? output
                 : std::size_t{1} * instr.in_h * instr.in_w * instr.in_blocks * arch::block;
    bytes += instr.score ? output * sizeof(std::uint16_t) : output;
    if (instr.residual) bytes += output;
    if (op == arch::Op::Conv)
      for (int r = 0; r < instr.tiles_oc * program::stored_rows(instr, program.arch); ++r)
        bytes += packed[static_cast<std::size_t>(instr.weight_row + r)];
    if (op == arch::Op::Conv || op == arch::Op::Elementwise)
      bytes += static_cast<std::size_t>(program::norm_rows(instr)) * sizeof(sim::NormRow);
  };
  sim::execute(program, program.load_entry, visit, [](const arch::Instr&) {});
  bytes = 0;
  sim::execute(program, program.frame_entry, visit, [](const arch::Instr&) {});
  return static_cast<double>(bytes) / program.batch;
}

OnChip onchip_compression(const program::Program& program, double operands) {
  double stored = 0, unfolded = 0;
  int planes = 1;
  sim::execute(
      program, program.frame_entry,
      [&](const arch::Instr& instr, int iteration) {
        if (instr.operation() != arch::Op::Conv) return;
        const double weights = weights_of(program, instr);
        planes = std::max(planes, static_cast<int>(instr.planes));
        unfolded += weights;
        if (iteration == 0) stored += weights;
      },
      [](const arch::Instr&) {});
  return {unfolded / stored, 32 * static_cast<double>(dense_macs_per_image(program)),
          operands * std::min(planes, program.arch.planes_per_row)};
}

nlohmann::json OnChip::to_json() const {
  return {{"fold", fold},
          {"dense_bits", dense_bits},
          {"applied_bits", applied_bits},
          {"work_ratio", work_ratio()},
          {"ratio", ratio()}};
}

nlohmann::json LayerFigures::to_json() const {
  return {{"name", name},
          {"executions", executions},
          {"dense_macs", dense_macs},
          {"cycles", cycles},
          {"run_cycles", run_cycles},
          {"walk_ops", walk_ops},
          {"bit_ops", bit_ops},
          {"utilization", utilization},
          {"walker_utilization", walker_utilization},
          {"activation_sparsity", activation_sparsity},
          {"weight_sparsity", weight_sparsity},
          {"weight_bit_sparsity", weight_bit_sparsity},
          {"saturations", saturations}};
}

std::vector<LayerFigures> layer_figures(const program::Program& program, const LayerCounts& counts,
                                        double images) {
  const std::vector<WeightSparsity> weights = weight_sparsity(program);
  const std::vector<std::uint64_t> times = executions_per_frame(program);
  std::vector<LayerFigures> layers;
  for (std::size_t i = 0; i < counts.counters.size(); ++i) {
    const arch::Counters& c = counts.counters[i];
    const auto average = [&](std::uint64_t n) { return static_cast<double>(n) / images; };
    LayerFigures layer;
    layer.name = program.layers[i].name;
    layer.executions = times[i];
    layer.dense_macs = times[i] * program.layers[i].dense_macs;
    layer.cycles = average(c.cycles);
    layer.run_cycles = average(c.run_cycles);
    layer.walk_ops = average(c.walk_ops);
    layer.bit_ops = average(c.bit_ops);
    layer.utilization = share(layer.bit_ops, layer.run_cycles * program.arch.pes());
    layer.walker_utilization = share(layer.walk_ops, layer.run_cycles * program.arch.walkers());
    layer.activation_sparsity = share(static_cast<double>(counts.values[i].zero_activations),
                                      static_cast<double>(counts.values[i].activations));
    layer.weight_sparsity = share(weights[i].weights - weights[i].nonzero, weights[i].weights);
    const double bits = weights[i].weights * weights[i].planes;
    layer.weight_bit_sparsity = share(bits - weights[i].bits, bits);
    layer.saturations = average(c.saturations);
    layers.push_back(layer);
  }
  return layers;
}

void PowerTableOptions::declare(OptionSink& sink) {
  std::string names;
  for (const std::string& name : sim::shipped_power_table_names()) names += name + ", ";
  sink.text("power-table", table, "energies' table: " + names + "or a file of `characterize`");
  sink.call_values({{"power-table", "TABLE"}});
}

sim::PowerTable PowerTableOptions::load() const { return sim::find_power_table(table, "--power-table"); }

nlohmann::json energy_json(const sim::PowerEstimate& energy) {
  nlohmann::json blocks = nlohmann::json::array();
  for (const sim::BlockEnergy& block : energy.blocks)
    blocks.push_back({{"block", block.block},
                      {"picojoule", block.picojoule()},
                      {"leakage_picojoule", block.leakage_pj},
                      {"ungated_picojoule", block.ungated_pj},
                      {"provenance", block.origin}});
  nlohmann::json sensitivity = nlohmann::json::array();
  for (const sim::PowerSensitivity& one : sim::sensitivities(energy))
    sensitivity.push_back({{"what", one.what}, {"factor", one.factor}, {"chip_picojoule", one.chip_pj}});
  return {{"table", energy.table},
          {"sensitivity", sensitivity},
          {"library", energy.library},
          {"caveat", energy.caveat()},
          {"missing", energy.missing},
          {"unknown_gates", energy.unknown_gates},
          {"extrapolated", energy.extrapolated},
          {"assumed", energy.assumed},
          {"volt", energy.point.volt},
          {"megahertz", energy.point.megahertz},
          {"blocks", blocks},
          {"chip_picojoule", energy.chip_pj()},
          {"offchip_picojoule", energy.offchip_pj}};
}

}  // namespace wd::flow
