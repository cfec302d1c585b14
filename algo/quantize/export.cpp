// SPDX-License-Identifier: Apache-2.0
#include "algo/quantize/export.hpp"

#include "algo/quantize/fold.hpp"
#include "base/error.hpp"

namespace wd::algo {
namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }

int scale_of(const Engine& engine, int activation) {
  return engine.scale_exps()[index(engine.graph().activations[index(activation)])];
}

model::Conv conv_of(const Engine& engine, const ConvNode& node) {
  const HiddenFoldGraph& graph = engine.graph();
  const ConvShape& shape = graph.masks[index(node.weights)].shape;
  model::Conv conv;
  conv.name = node.name;
  conv.weights = node.weights;
  conv.input = graph.activations[index(node.input)];
  conv.output = graph.activations[index(node.output)];
  if (node.residual >= 0) conv.residual = graph.activations[index(node.residual)];
  conv.stride = shape.stride;
  conv.pad = shape.pad;
  conv.relu = node.relu;
  return conv;
}

model::Weights weights_of(const Supermask& mask) {
  const ConvShape& shape = mask.shape();
  model::Weights weights;
  weights.name = mask.name();
  weights.kernel_h = weights.kernel_w = shape.kernel;
  weights.in_channels = shape.in_channels;
  weights.out_channels = shape.out_channels;
  weights.coats = mask.coats();
  weights.sign_seed = mask.sign_seed();
  weights.levels = mask.levels();
  return weights;
}

model::Norm classifier_norm(const Engine& engine) {
  const TensorShape& features = engine.graph().tensor_of(engine.graph().features);
  const Supermask& mask = engine.masks().back();
  const double gamma = mask.sigma() / (features.height * features.width);
  const std::vector<BatchNorm::Affine> affine(mask.shape().outputs(), {gamma, 0});
  return fold_norm(mask.name(), affine, scale_of(engine, engine.graph().features), 0);
}

model::Conv classifier_of(const Engine& engine, const model::Norm& norm) {
  model::Conv conv;
  conv.name = engine.masks().back().name();
  conv.weights = static_cast<int>(engine.masks().size()) - 1;
  conv.input = engine.graph().activations[index(engine.graph().features)];
  conv.output = -1;
  conv.pooled = true;
  conv.norms = {norm};
  return conv;
}

/// Appends a layer to the network: a step of its own, or a part of its fold's loop.
void add_step(model::Network& network, model::Conv conv, const ConvNode& node, const model::Norm& norm,
              int iterations) {
  if (node.stage < 0) {
    conv.norms = {norm};
    network.steps.emplace_back(std::move(conv));
    return;
  }
  if (node.iteration == 0) {
    const bool opens = network.steps.empty() || !std::holds_alternative<model::Loop>(network.steps.back());
    if (opens) network.steps.emplace_back(model::Loop{iterations, {}});
    std::get<model::Loop>(network.steps.back()).body.push_back(std::move(conv));
  }
  for (model::Conv& inner : std::get<model::Loop>(network.steps.back()).body)
    if (inner.weights == node.weights) inner.norms.push_back(norm);
}

/// FP32 weights of the unfolded network, and affine batch norm (2 per channel) after each convolution.
std::uint64_t dense_parameters(const Engine& engine) {
  std::uint64_t count = engine.masks().back().count();
  for (const Layer& layer : engine.layers())
    count += engine.masks()[index(layer.node.weights)].count() + 2 * layer.norm.channels();
  return count;
}

}  // namespace

std::vector<model::Norm> fold_layers(const Engine& engine, const std::vector<ChannelStatistics>& statistics) {
  std::vector<model::Norm> norms;
  for (std::size_t l = 0; l < engine.layers().size(); ++l) {
    const Layer& layer = engine.layers()[l];
    norms.push_back(fold_norm(layer.node.name, layer.norm.affine(statistics[l]),
                              scale_of(engine, layer.node.input), scale_of(engine, layer.node.output)));
  }
  norms.push_back(classifier_norm(engine));
  return norms;
}

model::Network export_network(const Engine& engine, const std::vector<model::Norm>& norms,
                              const TrainConfig& config, const model::InputTransform& transform) {
  WD_ASSERT(norms.size() == engine.layers().size() + 1 && engine.fp8());
  model::Network network;
  network.name = config.name;
  network.dataset = "fashion-mnist";
  network.seed = config.seed;
  network.classes = image_classes;
  network.input_transform = transform;
  const HiddenFoldGraph& graph = engine.graph();
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
    const TensorShape& shape = graph.tensors[t];
    network.tensors.push_back(
        {shape.name, shape.height, shape.width, shape.channels, engine.scale_exps()[t]});
  }
  for (const Supermask& mask : engine.masks()) network.weights.push_back(weights_of(mask));
  for (std::size_t l = 0; l < engine.layers().size(); ++l) {
    const ConvNode& node = engine.layers()[l].node;
    const int iterations = node.stage < 0 ? 1 : config.stages[index(node.stage)].iterations;
    add_step(network, conv_of(engine, node), node, norms[l], iterations);
  }
  network.steps.emplace_back(classifier_of(engine, norms.back()));
  network.dense_unfolded_parameters = dense_parameters(engine);
  model::check(network, config.name);
  return network;
}

}  // namespace wd::algo
