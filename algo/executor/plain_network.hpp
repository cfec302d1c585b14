// SPDX-License-Identifier: Apache-2.0
// For tests: a graph's training step in plain FP64 loops, its gradient by central differences of the loss.
//
// Shape     activations are positions x B x C, weights taps x I x O.
// Units     weights are real ones: the executor's times sigma.
// Numerics  rounding is straight-through: fix() keeps what rounding adds to each value at this point, and
//           slopes see it as constant. A ReLU's value that is rounded to zero stays zero, others stay above;
//           of equal maxima the first one stays the maximum.
// Not       anything of the executor, its layers and kernels; only the graph's description is shared.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "algo/graph/graph.hpp"

namespace wd::algo {

using PlainValues = std::vector<double>;

struct PlainStatistics {
  PlainValues mean, variance;  // biased
};

class PlainNetwork {
 public:
  Graph graph;
  std::size_t batch = 1;
  std::vector<PlainValues> weights, gamma, beta;  // per weight array, per norm
  PlainValues input;
  std::vector<std::uint16_t> labels, partners;  // partners: of mixup, or none
  double lambda = 1, smoothing = 0;
  std::vector<PlainStatistics> frozen;  // per norm; empty: batch norms take the batch's own

  /// All activations; `seen` receives each node's batch statistics.
  std::vector<PlainValues> forward(std::vector<PlainStatistics>* seen = nullptr) const {
    std::vector<PlainValues> values(graph.activations.size());
    values[0] = input;
    for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
      const Node& node = graph.nodes[n];
      PlainValues out = linear(node, values[at(node.input)]);
      if (node.norm >= 0) {
        const PlainStatistics statistics = normalize(node, out);
        if (seen) seen->push_back(statistics);
      } else if (seen) {
        seen->push_back({});
      }
      for (std::size_t i = 0; i < out.size() && node.residual >= 0; ++i)
        out[i] += values[at(node.residual)][i];
      finish(n, out);
      values[at(node.output)] = std::move(out);
    }
    return values;
  }

  double loss() const {
    const PlainValues scores = forward()[at(graph.nodes.back().output)];
    const std::size_t classes = scores.size() / batch;
    double total = 0;
    for (std::size_t b = 0; b < batch; ++b) {
      double sum = 0, mean = 0;
      for (std::size_t k = 0; k < classes; ++k) {
        sum += std::exp(scores[b * classes + k]);
        mean += scores[b * classes + k] / static_cast<double>(classes);
      }
      const double own = scores[b * classes + labels[b]];
      const double other = partners.empty() ? own : scores[b * classes + partners[b]];
      total += std::log(sum) - (1 - smoothing) * (lambda * own + (1 - lambda) * other) - smoothing * mean;
    }
    return total / static_cast<double>(batch);
  }

  /// From now on, node n's result is what `stored(n, exact)` makes of it: `exact` where nothing is rounded.
  template <typename Stored>
  void fix(Stored stored) {
    added_.assign(graph.nodes.size(), {});
    dead_.assign(graph.nodes.size(), {});
    winner_.assign(graph.activations.size(), {});
    for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
      const Node& node = graph.nodes[n];
      const std::vector<PlainValues> values = forward();
      if (node.kind == NodeKind::max_pool) winner_[at(node.output)] = winners(node, values[at(node.input)]);
      const PlainValues& exact = values[at(node.output)];
      const PlainValues rounded = stored(n, exact);
      added_[n].assign(exact.size(), 0);
      dead_[n].resize(exact.size());
      for (std::size_t i = 0; i < exact.size(); ++i) dead_[n][i] = rounded[i] == 0;
      const PlainValues unrounded = forward()[at(node.output)];  // of a ReLU's live values: before it
      for (std::size_t i = 0; i < exact.size(); ++i) added_[n][i] = rounded[i] - unrounded[i];
    }
  }

 private:
  static std::size_t at(int i) { return static_cast<std::size_t>(i); }

  /// Activation and rounding.
  void finish(std::size_t n, PlainValues& out) const {
    const bool fixed = !added_.empty() && !added_[n].empty(),
               relu = graph.nodes[n].activation == Activation::relu;
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (!(fixed && relu)) out[i] = activate(graph.nodes[n].activation, out[i]);
      if (fixed) out[i] = relu && dead_[n][i] ? 0 : out[i] + added_[n][i];
    }
  }

  static double activate(Activation activation, double x) {
    if (activation == Activation::relu) return std::max(x, 0.0);
    return activation == Activation::gelu ? 0.5 * x * std::erfc(-x / std::sqrt(2.0)) : x;
  }

  PlainValues linear(const Node& node, const PlainValues& in) const {
    switch (node.kind) {
      case NodeKind::conv:
        return conv(node, in);
      case NodeKind::token_mix:
        return token_mix(node, in);
      case NodeKind::max_pool:
        return max_pool(node, in);
      case NodeKind::average_pool:
        return average_pool(node, in);
      case NodeKind::norm:
        break;
    }
    return in;
  }

  /// Calls visit(output position, input position, tap) for each pair in a window.
  template <typename Visit>
  void windows(const Node& node, int height, int width, Visit visit) const {
    const TensorShape &from = graph.tensor_of(node.input), &to = graph.tensor_of(node.output);
    for (int y = 0; y < to.height; ++y)
      for (int x = 0; x < to.width; ++x)
        for (int ky = 0; ky < height; ++ky)
          for (int kx = 0; kx < width; ++kx) {
            const int v = y * node.stride + ky - node.pad, h = x * node.stride + kx - node.pad;
            if (v >= 0 && h >= 0 && v < from.height && h < from.width)
              visit(at(y * to.width + x), at(v * from.width + h), at(ky * width + kx));
          }
  }

  PlainValues conv(const Node& node, const PlainValues& in) const {
    const WeightShape& shape = graph.weights[at(node.weights)];
    const PlainValues& w = weights[at(node.weights)];
    const std::size_t inputs = at(shape.in_channels), outputs = at(shape.out_channels);
    PlainValues out(graph.tensor_of(node.output).positions() * batch * outputs);
    windows(node, shape.kernel, shape.kernel, [&](std::size_t to, std::size_t from, std::size_t tap) {
      for (std::size_t b = 0; b < batch; ++b)
        for (std::size_t i = 0; i < inputs; ++i) {
          const double x = in[(from * batch + b) * inputs + i];
          for (std::size_t o = 0; o < outputs; ++o)
            out[(to * batch + b) * outputs + o] += x * w[(tap * inputs + i) * outputs + o];
        }
    });
    return out;
  }

  PlainValues token_mix(const Node& node, const PlainValues& in) const {
    const WeightShape& shape = graph.weights[at(node.weights)];
    const std::size_t inputs = at(shape.in_channels), outputs = at(shape.out_channels);
    const std::size_t row = in.size() / inputs;
    PlainValues out(outputs * row);
    for (std::size_t i = 0; i < inputs; ++i)
      for (std::size_t o = 0; o < outputs; ++o)
        for (std::size_t n = 0; n < row; ++n)
          out[o * row + n] += in[i * row + n] * weights[at(node.weights)][i * outputs + o];
    return out;
  }

  /// Per output of a max pool, the first of its largest inputs.
  std::vector<std::size_t> winners(const Node& node, const PlainValues& in) const {
    const std::size_t row = in.size() / graph.tensor_of(node.input).positions(), none = in.size();
    std::vector<std::size_t> first(graph.tensor_of(node.output).positions() * row, none);
    windows(node, node.kernel, node.kernel, [&](std::size_t to, std::size_t from, std::size_t) {
      for (std::size_t n = 0; n < row; ++n) {
        std::size_t& best = first[to * row + n];
        if (best == none || in[from * row + n] > in[best]) best = from * row + n;
      }
    });
    return first;
  }

  PlainValues max_pool(const Node& node, const PlainValues& in) const {
    const bool fixed = !winner_.empty() && !winner_[at(node.output)].empty();
    PlainValues out;
    for (std::size_t from : fixed ? winner_[at(node.output)] : winners(node, in)) out.push_back(in[from]);
    return out;
  }

  PlainValues average_pool(const Node& node, const PlainValues& in) const {
    const TensorShape &from = graph.tensor_of(node.input), &to = graph.tensor_of(node.output);
    const std::size_t row = in.size() / from.positions();
    const bool global = node.kernel == 1 && node.stride == 1;
    const int height = global ? from.height : node.kernel, width = global ? from.width : node.kernel;
    PlainValues out(to.positions() * row);
    windows(node, height, width, [&](std::size_t position, std::size_t source, std::size_t) {
      for (std::size_t n = 0; n < row; ++n)
        out[position * row + n] += in[source * row + n] / (height * width);
    });
    return out;
  }

  PlainStatistics normalize(const Node& node, PlainValues& values) const {
    const NormShape& shape = graph.norms[at(node.norm)];
    const std::size_t channels = at(shape.channels), rows = values.size() / channels;
    PlainStatistics statistics;
    if (shape.kind == NormKind::batch)
      statistics = frozen.empty() ? batch_statistics(values, channels) : frozen[at(node.norm)];
    for (std::size_t r = 0; r < rows; ++r) {
      double* row = &values[r * channels];
      const PlainStatistics own = batch_statistics(PlainValues(row, row + channels), 1);
      for (std::size_t c = 0; c < channels; ++c) {
        if (shape.kind == NormKind::batch)
          row[c] = (row[c] - statistics.mean[c]) / std::sqrt(statistics.variance[c] + 1e-5);
        if (shape.kind == NormKind::layer)
          row[c] = (row[c] - own.mean[0]) / std::sqrt(own.variance[0] + shape.epsilon);
        row[c] = row[c] * gamma[at(node.norm)][c] + beta[at(node.norm)][c];
      }
    }
    return statistics;
  }

  /// Of each column of rows x channels.
  static PlainStatistics batch_statistics(const PlainValues& values, std::size_t channels) {
    PlainStatistics statistics{PlainValues(channels), PlainValues(channels)};
    const auto rows = static_cast<double>(values.size() / channels);
    for (std::size_t i = 0; i < values.size(); ++i) statistics.mean[i % channels] += values[i] / rows;
    for (std::size_t i = 0; i < values.size(); ++i)
      statistics.variance[i % channels] += std::pow(values[i] - statistics.mean[i % channels], 2) / rows;
    return statistics;
  }

  std::vector<PlainValues> added_;                // per node: what rounding adds; empty without rounding
  std::vector<std::vector<bool>> dead_;           // ReLU's values that are rounded to zero
  std::vector<std::vector<std::size_t>> winner_;  // per activation: of max pools
};

/// The derivative of the loss when `values` (some parameters of the network) move along `direction`.
inline double slope(const PlainNetwork& network, PlainValues& values, const PlainValues& direction) {
  constexpr double step = 0x1p-20;
  const PlainValues before = values;
  const auto loss_at = [&](double distance) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = before[i] + distance * direction[i];
    return network.loss();
  };
  const double up = loss_at(step), down = loss_at(-step);
  values = before;
  return (up - down) / (2 * step);
}

}  // namespace wd::algo
