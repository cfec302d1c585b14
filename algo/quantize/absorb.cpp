// SPDX-License-Identifier: Apache-2.0
#include "algo/quantize/absorb.hpp"

#include <cmath>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "hw/numerics/fp16.hpp"

namespace wd::algo {
namespace {

constexpr double batch_norm_epsilon = 1e-5;

std::uint16_t to_fp16(const std::string& name, const char* what, std::size_t channel, double value) {
  const std::uint16_t bits = numerics::fp16_from_float(static_cast<float>(value));
  WD_REQUIRE(!numerics::fp16_is_nan(bits) && !numerics::fp16_is_infinite(bits), name, ": channel ", channel,
             ": ", what, " is ", value, ", beyond FP16's 65504; train with a lower 'lr' or a longer warm-up");
  return bits;
}

/// Positions that an average pool before this node has summed up.
double pooled_positions(const Graph& graph, const Node& node) {
  for (const Node& pool : graph.nodes)
    if (pool.kind == NodeKind::average_pool && pool.output == node.input)
      return static_cast<double>(graph.tensor_of(pool.input).positions());
  return 1;
}

/// The tensor whose FP8 values the node's products read: a pool before the classifier keeps its input's.
int scaled_input(const Graph& graph, const Node& node) {
  for (const Node& pool : graph.nodes)
    if (pool.kind == NodeKind::average_pool && pool.output == node.input)
      return graph.activations[index(pool.input)];
  return graph.activations[index(node.input)];
}

}  // namespace

model::Norm absorb_norm(const std::string& name, const std::vector<ChannelAffine>& affine,
                        int input_scale_exp, int output_scale_exp) {
  model::Norm norm;
  for (std::size_t c = 0; c < affine.size(); ++c) {
    norm.gamma.push_back(
        to_fp16(name, "gamma", c, std::ldexp(affine[c].factor, output_scale_exp - input_scale_exp)));
    norm.beta.push_back(to_fp16(name, "beta", c, std::ldexp(affine[c].offset, output_scale_exp)));
  }
  return norm;
}

std::vector<ChannelAffine> node_affine(const Executor& executor, const Node& node,
                                       const std::vector<ChannelStatistics>& statistics) {
  const double sigma = node.weights < 0 ? 1 : executor.masks()[index(node.weights)].sigma();
  const std::size_t channels = index(executor.graph().tensor_of(node.output).channels);
  if (node.norm < 0) return std::vector<ChannelAffine>(channels, {sigma, 0});
  const NormParameters& norm = executor.norms()[index(node.norm)];
  std::vector<ChannelAffine> result;
  for (std::size_t c = 0; c < channels; ++c) {
    const double gamma = norm.gamma.value[c], beta = norm.beta.value[c];
    if (norm.kind == NormKind::affine) {
      result.push_back({gamma * sigma, beta});
      continue;
    }
    const ChannelStatistics& s = statistics[index(node.norm)];
    const double factor = gamma / std::sqrt(double{s.variance[c]} + batch_norm_epsilon);
    result.push_back({factor * sigma, beta - factor * s.mean[c]});
  }
  return result;
}

std::vector<model::Norm> absorb_norms(const Executor& executor,
                                      const std::vector<ChannelStatistics>& statistics,
                                      const std::vector<int>& scale_exps) {
  const Graph& graph = executor.graph();
  std::vector<model::Norm> norms;
  for (const Node& node : graph.nodes) {
    const bool pool = node.kind == NodeKind::max_pool || node.kind == NodeKind::average_pool;
    const bool layer = node.norm >= 0 && graph.norms[index(node.norm)].kind == NormKind::layer;
    if (pool || layer) {
      norms.emplace_back();
      continue;
    }
    std::vector<ChannelAffine> affine = node_affine(executor, node, statistics);
    for (ChannelAffine& a : affine) a.factor /= pooled_positions(graph, node);
    const bool last = &node == &graph.nodes.back();
    norms.push_back(absorb_norm(node.name, affine, scale_exps[index(scaled_input(graph, node))],
                                last ? 0 : scale_exps[index(graph.activations[index(node.output)])]));
  }
  return norms;
}

}  // namespace wd::algo
