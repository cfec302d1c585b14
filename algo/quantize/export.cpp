// SPDX-License-Identifier: Apache-2.0
#include "algo/quantize/export.hpp"

#include <algorithm>

#include "algo/networks/build.hpp"
#include "algo/quantize/hardware.hpp"
#include "base/error.hpp"
#include "base/integer.hpp"

namespace wd::algo {
namespace {

class Exporter {
 public:
  Exporter(const Graph& graph, const std::vector<model::Norm>& norms, const std::vector<int>& scales)
      : graph_(graph), norms_(norms), scales_(scales) {}

  model::Network network;

  void add_tensors() {
    place_.assign(graph_.tensors.size(), -1);
    std::vector<bool> used(graph_.tensors.size(), false);
    used[0] = true;
    for (const Node& node : graph_.nodes)
      if (node.kind != NodeKind::average_pool && &node != &graph_.nodes.back())
        used[index(tensor(node.output))] = true;
    for (std::size_t t = 0; t < graph_.tensors.size(); ++t) {
      if (!used[t]) continue;
      place_[t] = static_cast<int>(network.tensors.size());
      const TensorShape& shape = graph_.tensors[t];
      network.tensors.push_back({shape.name, shape.height, shape.width, shape.channels, scales_[t]});
    }
  }

  void add_steps() {
    int open_stage = -1, iteration = -1;
    std::size_t place = 0;  // in the loop's body
    for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
      const Node& node = graph_.nodes[n];
      if (node.kind == NodeKind::average_pool) continue;
      if (node.stage < 0) {
        model::Layer layer = layer_of(node);
        if (has_norm(node)) layer.norms = {norms_[n]};
        network.steps.emplace_back(std::move(layer));
      } else {
        if (node.stage != open_stage) network.steps.emplace_back(model::Loop{iterations(node.stage), {}});
        auto& loop = std::get<model::Loop>(network.steps.back());
        if (node.stage != open_stage || node.iteration != iteration) place = 0;
        iteration = node.iteration;
        if (node.iteration == 0) loop.body.push_back(layer_of(node));
        WD_ASSERT(place < loop.body.size());  // iterations are alike
        if (has_norm(node)) loop.body[place].norms.push_back(norms_[n]);
        ++place;
      }
      open_stage = node.stage;
    }
  }

 private:
  int tensor(int activation) const { return graph_.activations[index(activation)]; }

  static bool has_norm(const Node& node) { return node.kind != NodeKind::max_pool; }

  int iterations(int stage) const {
    int most = 0;
    for (const Node& node : graph_.nodes)
      if (node.stage == stage) most = std::max(most, node.iteration + 1);
    return most;
  }

  model::Layer layer_of(const Node& node) const {
    switch (node.kind) {
      case NodeKind::max_pool:
        return pool_of(node);
      case NodeKind::norm:
        return elementwise_of(node);
      case NodeKind::token_mix: {
        model::Layer layer = elementwise_of(node);
        layer.kind = model::LayerKind::token_mix;
        layer.weights = node.weights;
        return layer;
      }
      default:
        return conv_of(node);
    }
  }

  model::Layer elementwise_of(const Node& node) const {
    model::Layer layer;
    layer.kind = model::LayerKind::elementwise;
    layer.name = node.name;
    layer.weights = -1;
    layer.relu = node.activation == Activation::relu;
    layer.gelu = node.activation == Activation::gelu;
    layer.input = place_[index(tensor(node.input))];
    layer.output = place_[index(tensor(node.output))];
    if (node.residual >= 0) layer.residual = place_[index(tensor(node.residual))];
    return layer;
  }

  model::Layer pool_of(const Node& node) const {
    model::Layer pool;
    pool.kind = model::LayerKind::pool;
    pool.name = node.name;
    pool.weights = -1;
    pool.input = place_[index(tensor(node.input))];
    pool.output = place_[index(tensor(node.output))];
    pool.kernel_h = pool.kernel_w = node.kernel;
    pool.stride = node.stride;
    pool.pad = node.pad;
    return pool;
  }

  model::Layer conv_of(const Node& node) const {
    model::Layer conv;
    conv.name = node.name;
    conv.weights = node.weights;
    conv.stride = node.stride;
    conv.pad = node.pad;
    conv.relu = node.activation == Activation::relu;
    conv.gelu = node.activation == Activation::gelu;
    int input = node.input;
    for (const Node& pool : graph_.nodes)
      if (pool.kind == NodeKind::average_pool && pool.output == node.input) {
        input = pool.input;
        conv.pooled = true;
      }
    conv.input = place_[index(tensor(input))];
    const bool last = &node == &graph_.nodes.back();
    conv.output = last ? -1 : place_[index(tensor(node.output))];
    if (node.residual >= 0) conv.residual = place_[index(tensor(node.residual))];
    return conv;
  }

  const Graph& graph_;
  const std::vector<model::Norm>& norms_;
  const std::vector<int>& scales_;
  std::vector<int> place_;  // of each graph tensor in the network
};

}  // namespace

std::string not_for_chip(const Executor& executor) {
  const std::string reason = HardwareModel::unsupported(executor);
  if (!reason.empty()) return reason;
  return not_in_models(executor.graph());
}

namespace {

bool pooled(const Graph& graph, const Node& node) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(), [&](const Node& pool) {
    return pool.kind == NodeKind::average_pool && pool.output == node.input;
  });
}

}  // namespace

std::string not_in_models(const Graph& graph) {
  for (const Node& node : graph.nodes) {
    if (node.norm >= 0 && graph.norms[index(node.norm)].kind == NormKind::layer)
      return text("node '", node.name, "': layer norm is not in the chip; use norm 'batch'");
    if ((node.kind == NodeKind::norm || node.kind == NodeKind::token_mix) && &node == &graph.nodes.back())
      return text("node '", node.name,
                  "': class scores that no fully connected layer makes are not in the chip; end with a fully "
                  "connected layer");
    if (node.activation == Activation::gelu && &node == &graph.nodes.back())
      return text("node '", node.name, "': GELU of class scores is not in the chip; leave it out");
    if (node.activation == Activation::gelu && pooled(graph, node))
      return text("node '", node.name,
                  "': GELU behind an average pool is not in the chip; take ReLU (\"gelu\": false)");
  }
  return "";
}

model::Network roll_up(const Graph& graph, std::vector<model::Weights> weights,
                       const std::vector<model::Norm>& norms, const std::vector<int>& scale_exps) {
  const std::string reason = not_in_models(graph);
  WD_REQUIRE(reason.empty(), reason);
  Exporter exporter(graph, norms, scale_exps);
  exporter.network.classes = graph.tensor_of(graph.nodes.back().output).channels;
  exporter.network.weights = std::move(weights);
  exporter.add_tensors();
  exporter.add_steps();
  exporter.network.dense_unfolded_parameters = dense_unfolded_parameters(graph);
  return std::move(exporter.network);
}

model::Weights export_weights(const Supermask& mask) {
  const WeightShape& shape = mask.shape();
  model::Weights weights;
  weights.name = mask.name();
  weights.kernel_h = weights.kernel_w = shape.kernel;
  weights.in_channels = shape.in_channels;
  weights.out_channels = shape.out_channels;
  weights.coats = mask.hardware_coats();
  weights.levels = mask.levels();
  if (mask.has_learned_signs()) {
    weights.signs = model::SignSource::learned;
    weights.learned_signs = mask.learned_signs();
  } else {
    weights.sign_seed = mask.sign_seed();
  }
  if (mask.freeze_pruned() + mask.freeze_locked() > 0)
    weights.freeze = model::Freeze{mask.freeze_seed(), static_cast<int>(mask.freeze_pruned()),
                                   static_cast<int>(mask.freeze_locked()), mask.coats()};
  return weights;
}

model::Network export_network(const Executor& executor, const std::vector<model::Norm>& norms,
                              const std::vector<int>& scale_exps, const Provenance& provenance,
                              const InputFormat& format) {
  const std::string reason = not_for_chip(executor);
  WD_REQUIRE(reason.empty(), provenance.name, ": cannot be exported to the chip: ", reason);
  WD_ASSERT(norms.size() == executor.graph().nodes.size() &&
            scale_exps.size() == executor.graph().tensors.size());
  std::vector<model::Weights> weights;
  for (const Supermask& mask : executor.masks().layers()) weights.push_back(export_weights(mask));
  model::Network network = roll_up(executor.graph(), std::move(weights), norms, scale_exps);
  network.name = provenance.name;
  network.dataset = provenance.dataset;
  network.seed = provenance.seed;
  network.input_transform = format.transform();
  model::check(network, provenance.name);
  return network;
}

}  // namespace wd::algo
