// SPDX-License-Identifier: Apache-2.0
// For tests: a network's forward pass in plain FP64 loops, and random numbers to run it with.
//
// Shape     one image, C x H x W.
// Not       the training executor: nothing here is shared with it, nor with the ONNX export.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "algo/data/counter_random.hpp"
#include "algo/interchange/model_state.hpp"
#include "base/error.hpp"

namespace wd::algo {

using Plane = std::vector<double>;  // C x H x W

inline std::size_t at_place(const TensorShape& shape, int c, int y, int x) {
  return static_cast<std::size_t>((c * shape.height + y) * shape.width + x);
}

inline Plane plain_conv(const Graph& graph, const Node& node, const std::vector<float>& weights,
                        const Plane& in) {
  const TensorShape &from = graph.tensor_of(node.input), &to = graph.tensor_of(node.output);
  Plane out(to.positions() * static_cast<std::size_t>(to.channels));
  for (int o = 0; o < to.channels; ++o)
    for (int y = 0; y < to.height; ++y)
      for (int x = 0; x < to.width; ++x) {
        double sum = 0;
        for (int ky = 0; ky < node.kernel; ++ky)
          for (int kx = 0; kx < node.kernel; ++kx)
            for (int i = 0; i < from.channels; ++i) {
              const int v = y * node.stride + ky - node.pad, h = x * node.stride + kx - node.pad;
              if (v < 0 || h < 0 || v >= from.height || h >= from.width) continue;
              const int tap = ky * node.kernel + kx;
              const auto w = static_cast<std::size_t>((tap * from.channels + i) * to.channels + o);
              sum += static_cast<double>(weights[w]) * in[at_place(from, i, v, h)];
            }
        out[at_place(to, o, y, x)] = sum;
      }
  return out;
}

inline Plane plain_mix(const Graph& graph, const Node& node, const std::vector<float>& weights,
                       const Plane& in) {
  const TensorShape &from = graph.tensor_of(node.input), &to = graph.tensor_of(node.output);
  const std::size_t inputs = from.positions(), outputs = to.positions();
  Plane out(outputs * static_cast<std::size_t>(to.channels));
  for (std::size_t c = 0; c < static_cast<std::size_t>(to.channels); ++c)
    for (std::size_t o = 0; o < outputs; ++o)
      for (std::size_t i = 0; i < inputs; ++i)
        out[c * outputs + o] += static_cast<double>(weights[i * outputs + o]) * in[c * inputs + i];
  return out;
}

inline Plane plain_pool(const Graph& graph, const Node& node, const Plane& in) {
  const TensorShape &from = graph.tensor_of(node.input), &to = graph.tensor_of(node.output);
  const bool average = node.kind == NodeKind::average_pool,
             global = average && node.kernel == 1 && node.stride == 1;
  const int rows = global ? from.height : node.kernel, columns = global ? from.width : node.kernel;
  Plane out(to.positions() * static_cast<std::size_t>(to.channels));
  for (int c = 0; c < to.channels; ++c)
    for (int y = 0; y < to.height; ++y)
      for (int x = 0; x < to.width; ++x) {
        double sum = 0, most = -std::numeric_limits<double>::infinity();
        for (int ky = 0; ky < rows; ++ky)
          for (int kx = 0; kx < columns; ++kx) {
            const int v = y * node.stride + ky - node.pad, h = x * node.stride + kx - node.pad;
            if (v < 0 || h < 0 || v >= from.height || h >= from.width) continue;
            sum += in[at_place(from, c, v, h)];
            most = std::max(most, in[at_place(from, c, v, h)]);
          }
        out[at_place(to, c, y, x)] = average ? sum / (rows * columns) : most;
      }
  return out;
}

inline void plain_norm(const NormShape& shape, const NormState& norm, Plane& values) {
  const auto channels = static_cast<std::size_t>(shape.channels);
  const std::size_t positions = values.size() / channels;
  for (std::size_t p = 0; p < positions; ++p) {
    double mean = 0, variance = 0;
    for (std::size_t c = 0; c < channels; ++c)
      mean += values[c * positions + p] / static_cast<double>(channels);
    for (std::size_t c = 0; c < channels; ++c)
      variance += std::pow(values[c * positions + p] - mean, 2) / static_cast<double>(channels);
    for (std::size_t c = 0; c < channels; ++c) {
      double& value = values[c * positions + p];
      if (shape.kind == NormKind::layer) value = (value - mean) / std::sqrt(variance + shape.epsilon);
      if (shape.kind == NormKind::batch)
        value = (value - static_cast<double>(norm.mean[c])) /
                std::sqrt(static_cast<double>(norm.variance[c]) + 1e-5);
      value = value * static_cast<double>(norm.gamma[c]) + static_cast<double>(norm.beta[c]);
    }
  }
}

inline double plain_activation(Activation activation, double x) {
  if (activation == Activation::relu) return x > 0 ? x : 0;
  if (activation == Activation::gelu) return x * 0.5 * (1 + std::erf(x / std::sqrt(2.0)));
  return x;
}

/// The class scores of one image.
inline Plane plain_forward(const Graph& graph, const ModelState& state, const Plane& image) {
  std::vector<Plane> values(graph.activations.size());
  values[0] = image;
  for (const Node& node : graph.nodes) {
    const Plane& in = values[static_cast<std::size_t>(node.input)];
    std::vector<float> weights;
    if (node.weights >= 0) {
      const WeightState& w = state.weights[static_cast<std::size_t>(node.weights)];
      weights = *w.values;
      for (std::size_t i = 0; w.levels && i < weights.size(); ++i)
        weights[i] *= static_cast<float>((*w.levels)[i]);
    }
    Plane out;
    switch (node.kind) {
      case NodeKind::conv:
        out = plain_conv(graph, node, weights, in);
        break;
      case NodeKind::token_mix:
        out = plain_mix(graph, node, weights, in);
        break;
      case NodeKind::norm:
        out = in;
        break;
      default:
        out = plain_pool(graph, node, in);
    }
    if (node.norm >= 0) {
      const auto norm = static_cast<std::size_t>(node.norm);
      plain_norm(graph.norms[norm], state.norms[norm], out);
    }
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (node.residual >= 0) out[i] += values[static_cast<std::size_t>(node.residual)][i];
      out[i] = plain_activation(node.activation, out[i]);
    }
    values[static_cast<std::size_t>(node.output)] = std::move(out);
  }
  return values[static_cast<std::size_t>(graph.nodes.back().output)];
}

inline std::vector<float> random_floats(std::uint64_t seed, std::size_t count, double scale,
                                        double centre = 0) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i)
    values[i] = static_cast<float>(centre + scale * (2 * random_uniform(seed, RandomStream::scores, i) - 1));
  return values;
}

/// Signed constant values, scores, and norms that change something; no levels.
inline ModelState random_state(const Graph& graph, std::uint64_t seed) {
  ModelState state;
  for (const WeightShape& shape : graph.weights) {
    WeightState weights;
    const float sigma = static_cast<float>(std::sqrt(6.0 / static_cast<double>(shape.fan_in())));
    weights.values = random_floats(++seed, shape.count(), 1);
    for (float& value : *weights.values) value = std::copysign(sigma, value);
    weights.scores = random_floats(++seed, shape.count(), 1);
    state.weights.push_back(std::move(weights));
  }
  for (const NormShape& shape : graph.norms) {
    const auto channels = static_cast<std::size_t>(shape.channels);
    NormState norm{std::vector<float>(channels, 1), std::vector<float>(channels, 0), {}, {}};
    if (shape.learned) {
      norm.gamma = random_floats(++seed, channels, 0.5, 1);
      norm.beta = random_floats(++seed, channels, 0.5);
    }
    if (shape.kind == NormKind::batch) {
      norm.mean = random_floats(++seed, channels, 0.3);
      norm.variance = random_floats(++seed, channels, 0.5, 1);
    }
    state.norms.push_back(std::move(norm));
  }
  return state;
}

inline Plane random_image(const Graph& graph, std::uint64_t seed) {
  const TensorShape& in = graph.tensor_of(0);
  const std::vector<float> values =
      random_floats(seed, in.positions() * static_cast<std::size_t>(in.channels), 2);
  return {values.begin(), values.end()};
}

/// Largest difference, in units of the largest magnitude of `expected`.
inline double relative_difference(const Plane& values, const Plane& expected) {
  WD_ASSERT(values.size() == expected.size());
  double most = 1e-30, difference = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    most = std::max(most, std::abs(expected[i]));
    difference = std::max(difference, std::abs(values[i] - expected[i]));
  }
  return difference / most;
}

}  // namespace wd::algo
