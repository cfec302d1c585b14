// SPDX-License-Identifier: Apache-2.0
#include "algo/train/engine.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "hw/numerics/fp16.hpp"

namespace wd::algo {
namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }

std::size_t positions(const TensorShape& t) { return index(t.height) * index(t.width); }

float power_of_two(int exponent) { return std::ldexp(1.0f, exponent); }

std::vector<float> to_floats(const std::vector<std::uint16_t>& bits) {
  std::vector<float> values;
  for (std::uint16_t b : bits) values.push_back(numerics::fp16_to_float(b));
  return values;
}

}  // namespace

Engine::Engine(const TrainConfig& config, const HiddenFoldGraph& graph, ThreadPool& pool)
    : config_(config), graph_(graph), pool_(pool), batch_(index(config.batch)) {
  for (std::size_t m = 0; m < graph.masks.size(); ++m)
    masks_.emplace_back(graph.masks[m].name, graph.masks[m].shape, config.supermask, config.seed,
                        static_cast<std::uint32_t>(m), m + 1 < graph.masks.size());
  std::size_t largest = 0;
  for (const ConvNode& node : graph.nodes) {
    const Supermask& mask = masks_[index(node.weights)];
    const ConvShape& shape = mask.shape();
    Conv conv(shape, batch_);
    const std::size_t samples = shape.out_positions() * batch_, size = samples * shape.outputs();
    BatchNorm norm(shape.outputs(), conv.chunks(), samples, mask.sigma());
    largest = std::max(largest, size);
    layers_.push_back({node, std::move(conv), std::move(norm), Buffer(size)});
  }
  for (std::size_t a = 0; a < graph.activations.size(); ++a) {
    const TensorShape& tensor = graph.tensor_of(static_cast<int>(a));
    const std::size_t size = positions(tensor) * batch_ * index(tensor.channels);
    activations_.emplace_back(size);
    gradients_.emplace_back(a == 0 ? 0 : size);
  }
  draw_ = Buffer(largest);
  const TensorShape& features = graph.tensor_of(graph.features);
  classifier_ = std::make_unique<PoolClassifier>(positions(features), batch_, index(features.channels),
                                                 image_classes, masks_.back().sigma());
}

/// Where a chunk starts in its layer's output.
std::size_t Engine::offset(const Layer& layer, const ConvChunk& at) const {
  return (at.position * batch_ + at.first_row) * layer.norm.channels();
}

const float* Engine::residual_of(const Layer& layer, std::size_t offset) const {
  return layer.node.residual < 0 ? nullptr : activations_[index(layer.node.residual)].data() + offset;
}

void Engine::round_output(const Layer& layer, std::size_t offset, std::size_t rows) {
  if (!fp8()) return;
  const int tensor = graph_.activations[index(layer.node.output)];
  kernels().fake_fp8(rows * layer.norm.channels(), power_of_two(scale_exps_[index(tensor)]),
                     activations_[index(layer.node.output)].data() + offset);
}

void Engine::classify() {
  classifier_->forward(activations_[index(graph_.features)].data(), masks_.back().weights().data());
}

/// Class scores stay FP16: near ties are decided as the hardware decides them.
void Engine::classify_hardware(const model::Norm& norm) {
  const int input = graph_.activations[index(graph_.features)];
  classifier_->forward(activations_[index(graph_.features)].data(), masks_.back().weights().data(),
                       power_of_two(scale_exps_[index(input)]));
  Buffer& logits = classifier_->logits();
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const std::size_t k = i % norm.gamma.size();
    logits[i] = numerics::fp16_to_float(
        numerics::fp16_fma(numerics::fp16_from_float(logits[i]), norm.gamma[k], norm.beta[k]));
  }
}

void Engine::forward_train() {
  for (Layer& layer : layers_) {
    const PackedWeights weights = masks_[index(layer.node.weights)].packed();
    layer.conv.forward(pool_, activations_[index(layer.node.input)].data(), weights, layer.raw.data(),
                       [&](const ConvChunk& at) {
                         layer.norm.collect(at.index, at.rows, layer.raw.data() + offset(layer, at));
                       });
    layer.norm.finish_statistics();
    pool_.run(layer.conv.chunks(), [&](std::size_t chunk) {
      const ConvChunk at = layer.conv.chunk(chunk);
      const std::size_t first = offset(layer, at);
      layer.norm.normalize(at.rows, layer.raw.data() + first, residual_of(layer, first), layer.node.relu,
                           activations_[index(layer.node.output)].data() + first);
      round_output(layer, first, at.rows);
    });
  }
  classify();
}

void Engine::forward_frozen(const std::vector<ChannelStatistics>& statistics) {
  WD_ASSERT(statistics.size() == layers_.size());
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    Layer& layer = layers_[l];
    layer.norm.use_statistics(statistics[l]);
    layer.conv.forward(
        pool_, activations_[index(layer.node.input)].data(), masks_[index(layer.node.weights)].packed(),
        layer.raw.data(), [&](const ConvChunk& at) {
          const std::size_t first = offset(layer, at);
          layer.norm.normalize(at.rows, layer.raw.data() + first, residual_of(layer, first), layer.node.relu,
                               activations_[index(layer.node.output)].data() + first);
          round_output(layer, first, at.rows);
        });
  }
  classify();
}

void Engine::forward_hardware(const std::vector<model::Norm>& norms) {
  WD_ASSERT(norms.size() == layers_.size() + 1 && fp8());
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    Layer& layer = layers_[l];
    const std::vector<float> gamma = to_floats(norms[l].gamma), beta = to_floats(norms[l].beta);
    const int input = graph_.activations[index(layer.node.input)];
    const float out = power_of_two(scale_exps_[index(graph_.activations[index(layer.node.output)])]);
    const PostScale scale{power_of_two(scale_exps_[index(input)]), out};
    layer.conv.forward(pool_, activations_[index(layer.node.input)].data(),
                       masks_[index(layer.node.weights)].packed(), layer.raw.data(),
                       [&](const ConvChunk& at) {
                         const std::size_t first = offset(layer, at);
                         kernels().post(at.rows, layer.norm.channels(), layer.raw.data() + first, scale,
                                        gamma.data(), beta.data(), residual_of(layer, first), layer.node.relu,
                                        activations_[index(layer.node.output)].data() + first);
                       });
  }
  classify_hardware(norms.back());
}

void Engine::backward() {
  for (Supermask& mask : masks_) mask.zero_gradient();
  std::vector<bool> written(activations_.size(), false);
  Supermask& last = masks_.back();
  classifier_->backward(last.weights().data(), last.gradient.data(),
                        gradients_[index(graph_.features)].data());
  written[index(graph_.features)] = true;
  for (std::size_t l = layers_.size(); l-- > 0;) backward_layer(layers_[l], written);
}

void Engine::backward_layer(Layer& layer, std::vector<bool>& written) {
  const std::size_t input = index(layer.node.input), output = index(layer.node.output);
  WD_ASSERT(written[output]);
  float* dy = gradients_[output].data();
  pool_.run(layer.conv.chunks(), [&](std::size_t chunk) {
    const ConvChunk at = layer.conv.chunk(chunk);
    const std::size_t first = offset(layer, at);
    layer.norm.collect_gradient(at.index, at.rows, dy + first,
                                layer.node.relu ? activations_[output].data() + first : nullptr,
                                layer.raw.data() + first);
  });
  layer.norm.finish_gradient();
  const bool has_residual = layer.node.residual >= 0;
  const std::size_t residual = has_residual ? index(layer.node.residual) : 0;
  pool_.run(layer.conv.chunks(), [&](std::size_t chunk) {
    const ConvChunk at = layer.conv.chunk(chunk);
    const std::size_t first = offset(layer, at);
    layer.norm.input_gradient(at.rows, dy + first, layer.raw.data() + first, draw_.data() + first);
    if (has_residual)
      kernels().add(at.rows * layer.norm.channels(), dy + first, gradients_[residual].data() + first,
                    written[residual]);
  });
  if (has_residual) written[residual] = true;
  Supermask& mask = masks_[index(layer.node.weights)];
  layer.conv.backward_weights(pool_, activations_[input].data(), draw_.data(), mask.gradient.data());
  if (input == 0) return;
  layer.conv.backward_input(pool_, draw_.data(), mask.packed(), gradients_[input].data(), written[input]);
  written[input] = true;
}

void Engine::update(const ScoreStep& step) {
  // The largest layers come last in a network: start with them, so that no thread waits for one.
  pool_.run(masks_.size(), [&](std::size_t i) {
    Supermask& mask = masks_[masks_.size() - 1 - i];
    mask.update(step);
    mask.refresh();
  });
  for (Layer& layer : layers_) layer.norm.update(step.rate, step.momentum);
}

void Engine::refresh_masks() {
  pool_.run(masks_.size(), [&](std::size_t i) { masks_[i].refresh(); });
}

std::vector<float> Engine::tensor_maxima() const {
  std::vector<float> maxima(graph_.tensors.size(), 0.0f);
  for (std::size_t a = 0; a < activations_.size(); ++a) {
    float& most = maxima[index(graph_.activations[a])];
    most = std::max(most, kernels().max_magnitude(activations_[a].size(), activations_[a].data()));
  }
  return maxima;
}

}  // namespace wd::algo
