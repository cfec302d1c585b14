// SPDX-License-Identifier: Apache-2.0
// A trainable network as a list of nodes over activations, its folds unrolled over their iterations.
//
// Shape     an activation is H x W positions of C channels (fully connected layers: one position; tokens of
//           an MLP are positions). A node is a linear operation with its norm, residual and activation, or
//           a pool. Several nodes may share weights (folds) and norms (shared batch norm). A fully connected
//           layer over a map is a convolution whose kernel covers it.
// Errors    builders (algo/networks) refuse shapes that do not fit: wd::Error.
// Test      algo/networks/networks_test.cpp (weights and multiply-accumulates against the papers' figures),
//           algo/executor/executor_test.cpp (shapes, as the executor runs them)
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace wd::algo {

/// Channels as stored: padded with zero channels to whole vectors.
constexpr std::size_t stored_channels(int channels) {
  return (static_cast<std::size_t>(channels) + 15) / 16 * 16;
}

struct ConvShape {
  int in_height = 0, in_width = 0, in_channels = 0, out_channels = 0;
  int kernel = 1, stride = 1, pad = 0;

  int out_height() const { return (in_height + 2 * pad - kernel) / stride + 1; }
  int out_width() const { return (in_width + 2 * pad - kernel) / stride + 1; }
  std::size_t taps() const { return static_cast<std::size_t>(kernel) * static_cast<std::size_t>(kernel); }
  std::size_t inputs() const { return static_cast<std::size_t>(in_channels); }
  std::size_t outputs() const { return static_cast<std::size_t>(out_channels); }
  std::size_t in_positions() const {
    return static_cast<std::size_t>(in_height) * static_cast<std::size_t>(in_width);
  }
  std::size_t out_positions() const {
    return static_cast<std::size_t>(out_height()) * static_cast<std::size_t>(out_width());
  }
  std::size_t weight_count() const { return taps() * inputs() * outputs(); }
};

/// A tensor of the hardware: the activations of an unrolled fold's iterations share one, and its FP8 scale.
struct TensorShape {
  std::string name;
  int height = 0, width = 0, channels = 0;

  std::size_t positions() const { return static_cast<std::size_t>(height) * static_cast<std::size_t>(width); }
};

/// One weight array, taps x I x O. Token mixing: I and O are tokens, one tap.
struct WeightShape {
  std::string name;
  int kernel = 1, in_channels = 0, out_channels = 0;

  std::size_t count() const {
    return static_cast<std::size_t>(kernel) * static_cast<std::size_t>(kernel) *
           static_cast<std::size_t>(in_channels) * static_cast<std::size_t>(out_channels);
  }
  std::size_t fan_in() const {
    return static_cast<std::size_t>(kernel) * static_cast<std::size_t>(kernel) *
           static_cast<std::size_t>(in_channels);
  }
  std::size_t fan_out() const {
    return static_cast<std::size_t>(kernel) * static_cast<std::size_t>(kernel) *
           static_cast<std::size_t>(out_channels);
  }
};

enum class NormKind {
  batch,   // statistics of the batch; learned (gamma, beta) where `learned`
  affine,  // learned (gamma, beta) without statistics: ResMLP's Aff, LayerScale
  layer,   // statistics over the channels of one position, learned (gamma, beta)
};

/// One set of norm parameters, C channels.
struct NormShape {
  std::string name;
  NormKind kind = NormKind::batch;
  int channels = 0;
  bool learned = true;
  double initial_gamma = 1;
  double epsilon = 1e-6;  // layer: added to the variance; MLP-Mixer's
};

enum class NodeKind { conv, token_mix, norm, max_pool, average_pool };
enum class Activation { none, relu, gelu };

struct Node {
  NodeKind kind = NodeKind::conv;
  std::string name;
  int weights = -1;                          // conv, token_mix: index into weights
  int norm = -1;                             // index into norms; -1: none
  int input = 0, output = 0, residual = -1;  // activations; the residual is added before `activation`
  Activation activation = Activation::none;
  int kernel = 1, stride = 1, pad = 0;  // conv and pools; an average pool without stride is global
  int stage = -1, iteration = -1;       // of a fold; -1 outside
};

struct Graph {
  std::vector<TensorShape> tensors;  // 0: the input
  std::vector<int> activations;      // each one's tensor; 0: the input
  std::vector<WeightShape> weights;
  std::vector<NormShape> norms;
  std::vector<Node> nodes;  // in execution order; the last writes the class scores

  const TensorShape& tensor_of(int activation) const {
    return tensors[static_cast<std::size_t>(activations[static_cast<std::size_t>(activation)])];
  }
  /// The convolution of a conv node.
  ConvShape conv_shape(const Node& node) const;
  std::size_t weight_count() const;
  /// Multiply-accumulates of one image, dense and with folds unrolled.
  std::uint64_t macs() const;
};

}  // namespace wd::algo
