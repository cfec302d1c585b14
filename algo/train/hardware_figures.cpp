// SPDX-License-Identifier: Apache-2.0
#include "algo/train/hardware_figures.hpp"

#include "algo/quantize/export.hpp"
#include "algo/quantize/fold.hpp"
#include "base/error.hpp"
#include "hw/formats/stream/free_weights.hpp"

namespace wd::algo {
namespace {

/// Zeros of all tensors of the last forward pass, the input apart.
double activation_sparsity(const Engine& engine) {
  const std::vector<double> shares = engine.tensor_sparsity();
  double zeros = 0, values = 0;
  for (std::size_t t = 1; t < shares.size(); ++t) {
    const TensorShape& shape = engine.graph().tensors[t];
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
std::vector<int> present_scales(const Engine& engine, const InputFormat& format) {
  if (engine.fp8.on()) return engine.fp8.exps;
  std::vector<int> scales;
  for (float most : engine.tensor_maxima()) scales.push_back(choose_scale_exp(most, Fp8Format::e4m3));
  scales[0] = format.scale_exp;
  return scales;
}

}  // namespace

HardwareFigures hardware_figures(const Engine& engine, const std::vector<ChannelStatistics>& statistics,
                                 const TrainConfig& config, const InputFormat& format,
                                 const std::function<double(const model::Network&)>& predict_cycles) {
  HardwareFigures figures;
  const MaskStats stats = engine.masks().stats();
  figures.value_sparsity = stats.weights > 0 ? stats.value_sparsity() : 0;
  figures.bit_sparsity = stats.weights > 0 ? stats.bit_sparsity() : 0;
  figures.activation_sparsity = activation_sparsity(engine);
  std::size_t coded = 0, weights = 0;
  figures.bytes = norm_bytes(engine.graph());
  for (const Supermask& mask : engine.masks().layers()) {
    if (mask.dense()) {
      figures.bytes += 4 * mask.count();
      continue;
    }
    coded += stream::coded_bytes(export_weights(mask));
    weights += mask.count();
  }
  figures.bytes += coded;
  if (weights > 0) figures.bits_per_weight = 8 * static_cast<double>(coded) / static_cast<double>(weights);
  figures.no_cycles = not_for_chip(engine);
  if (!predict_cycles || !figures.no_cycles.empty()) return figures;
  try {
    const std::vector<int> scales = present_scales(engine, format);
    const model::Network network =
        export_network(engine, fold_nodes(engine, statistics, scales), scales, config, format);
    figures.cycles = predict_cycles(network);
  } catch (const Error& error) {
    figures.no_cycles = error.what();  // like a network that is too large
  }
  return figures;
}

}  // namespace wd::algo
