// SPDX-License-Identifier: Apache-2.0
#include "algo/train/hardware_figures.hpp"

#include "algo/quantize/absorb.hpp"
#include "algo/quantize/export.hpp"
#include "base/error.hpp"
#include "hw/formats/stream/free_weights.hpp"

namespace wd::algo {
namespace {

/// Zeros of all tensors of the last forward pass, the input apart.
double activation_sparsity(const Executor& executor) {
  const std::vector<double> shares = executor.tensor_sparsity();
  double zeros = 0, values = 0;
  for (std::size_t t = 1; t < shares.size(); ++t) {
    const TensorShape& shape = executor.graph().tensors[t];
    const double size = static_cast<double>(shape.positions()) * shape.channels;
    zeros += shares[t] * size;
    values += size;
  }
  return values > 0 ? zeros / values : 0;
}

std::size_t norm_bytes(const Graph& graph) {
  std::size_t bytes = 0;
  for (const Node& node : graph.nodes)
    if (node.kind != NodeKind::max_pool && node.kind != NodeKind::average_pool)
      bytes += 4 * static_cast<std::size_t>(graph.tensor_of(node.output).channels);
  return bytes;
}

/// FP8 scales from the last forward pass, where training has none yet.
std::vector<int> present_scales(const Executor& executor, const InputFormat& format) {
  if (executor.fp8.on()) return executor.fp8.exps;
  std::vector<int> scales;
  for (float most : executor.tensor_maxima()) scales.push_back(choose_scale_exp(most, Fp8Format::e4m3));
  scales[0] = format.scale_exp;
  return scales;
}

}  // namespace

HardwareFigures hardware_figures(const Executor& executor, const std::vector<ChannelStatistics>& statistics,
                                 const TrainConfig& config, const InputFormat& format,
                                 const std::function<double(const model::Network&)>& predict_cycles) {
  HardwareFigures figures;
  const MaskStats stats = executor.masks().stats();
  figures.value_sparsity = stats.weights > 0 ? stats.value_sparsity() : 0;
  figures.bit_sparsity = stats.weights > 0 ? stats.bit_sparsity() : 0;
  figures.activation_sparsity = activation_sparsity(executor);
  std::size_t coded = 0, weights = 0;
  figures.bytes = norm_bytes(executor.graph());
  for (const Supermask& mask : executor.masks().layers()) {
    if (mask.dense()) {
      figures.bytes += 4 * mask.count();
      continue;
    }
    coded += stream::coded_bytes(export_weights(mask));
    weights += mask.count();
  }
  figures.bytes += coded;
  if (weights > 0) figures.bits_per_weight = 8 * static_cast<double>(coded) / static_cast<double>(weights);
  figures.no_cycles = not_for_chip(executor);
  if (!predict_cycles || !figures.no_cycles.empty()) return figures;
  try {
    const std::vector<int> scales = present_scales(executor, format);
    const model::Network network = export_network(executor, absorb_norms(executor, statistics, scales),
                                                  scales, {config.name, config.dataset, config.seed}, format);
    figures.cycles = predict_cycles(network);
  } catch (const Error& error) {
    figures.no_cycles = error.what();  // like a network that is too large
  }
  return figures;
}

}  // namespace wd::algo
