// SPDX-License-Identifier: Apache-2.0
#include "flow/ablation/figures.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "algo/compress/compress.hpp"
#include "base/error.hpp"
#include "flow/figures.hpp"

namespace wd::flow::ablation {
namespace {

constexpr Quantity all[] = {
    {"accuracy", "", "on the chip; with FP8 activations where the chip lacks the format", &Figures::accuracy},
    {"accuracy_fp32", "", "in the trained precision", &Figures::accuracy_fp32},
    {"model_bytes", "bytes", "of the compressed model's file", &Figures::model_bytes},
    {"offchip_ratio", "", "dense, unfolded FP32 weights by model_bytes", &Figures::offchip_ratio},
    {"dram_bytes", "bytes", "read from and written to the memory outside", &Figures::dram_bytes},
    {"onchip_ratio", "", "on-chip compression", &Figures::onchip_ratio},
    {"cycles", "cycles", "time of an image", &Figures::cycles},
    {"run_cycles", "cycles", "in which the array walks", &Figures::run_cycles},
    {"beats_read", "beats", "read from the memory outside", &Figures::beats_read},
    {"energy_pj", "pJ", "energy of the chip", &Figures::energy_pj},
    {"offchip_pj", "pJ", "energy of the memory outside", &Figures::offchip_pj},
    {"total_pj", "pJ", "both energies", &Figures::total_pj},
    {"tflops_per_watt_executed", "TFLOPS/W", "2 per operand, by the chip's energy",
     &Figures::tflops_per_watt_executed},
    {"tflops_per_watt_dense", "TFLOPS/W", "2 per dense multiply-accumulate, by the chip's energy",
     &Figures::tflops_per_watt_dense},
};

}  // namespace

std::span<const Quantity> quantities() { return all; }

std::optional<Spread> spread_over(const std::vector<Figures>& samples, const Quantity& quantity) {
  std::vector<double> values;
  for (const Figures& one : samples) {
    if (!(one.*quantity.value)) return std::nullopt;
    values.push_back(*(one.*quantity.value));
  }
  return values.empty() ? std::nullopt : std::optional(spread_of(values));
}

std::optional<double> standard_error(const Spread& spread) {
  if (!spread.deviation) return std::nullopt;
  return *spread.deviation / std::sqrt(static_cast<double>(spread.count));
}

Figures Accountant::of(const Design& design, const explore::Evaluation& evaluation) {
  WD_ASSERT(evaluation.refused.empty());
  const explore::Metrics& m = evaluation.metrics;
  const sim::CounterAmounts counters = evaluator_.counters(design);
  const program::Program& compiled = program(design);
  const sim::PowerEstimate energy = sim::estimate_power(table_, counters, design.compile.arch,
                                                        design.switches, explore::corner_of(design, table_));
  Figures figures;
  figures.model_bytes = model_bytes(design);
  figures.offchip_ratio = 4 *
                          static_cast<double>(evaluator_.network(design.model).dense_unfolded_parameters) /
                          *figures.model_bytes;
  figures.dram_bytes = m.dram_bytes;
  figures.onchip_ratio = onchip_compression(compiled, counters.bit_ops).ratio();
  figures.cycles = m.cycles;
  figures.run_cycles = counters.run_cycles;
  figures.beats_read = counters.beats_read;
  figures.energy_pj = m.energy_pj;
  figures.offchip_pj = m.offchip_pj;
  figures.total_pj = m.total_pj;
  figures.tflops_per_watt_executed = 2 * counters.bit_ops / m.energy_pj;
  figures.tflops_per_watt_dense = 2 * static_cast<double>(dense_macs_per_image(compiled)) / m.energy_pj;
  for (const sim::BlockEnergy& block : energy.blocks)
    figures.blocks.emplace_back(block.block, block.picojoule());
  figures.extrapolated = evaluation.extrapolated;
  return figures;
}

const program::Program& Accountant::program(const Design& design) {
  Design plain = design;
  plain.switches = {};
  plain.volt = plain.megahertz = {};
  const std::string its = text(design.model, explore::content_of(plain));
  if (its != compiled_) {
    program_ = evaluator_.program(design);
    compiled_ = its;
  }
  return program_;
}

double Accountant::model_bytes(const Design& design) {
  const compiler::Options& c = design.compile;
  const auto [at, fresh] =
      bytes_.try_emplace(text(design.model, ' ', c.fold, c.on_chip_signs, c.huffman), 0.0);
  if (!fresh) return at->second;
  model::Network network = evaluator_.network(design.model);
  if (!c.on_chip_signs) network = compress::store_signs(network);
  if (!c.fold) network = compress::unfold(network);
  stream::CompressOptions coding;
  if (!c.huffman) coding.mode = stream::CodeMode::plain;
  return at->second = static_cast<double>(stream::compressed_size(network, coding).total_bytes);
}

}  // namespace wd::flow::ablation
