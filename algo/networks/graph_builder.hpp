// SPDX-License-Identifier: Apache-2.0
// Appends tensors, weights, norms and nodes to a graph: what the network builders share.
#pragma once

#include <optional>

#include "algo/networks/build.hpp"

namespace wd::algo {

struct ConvOptions {
  int kernel = 3, stride = 1, pad = -1;  // pad -1: half of the kernel
  Activation activation = Activation::relu;
  int residual = -1;
  bool norm = true;
};

class GraphBuilder {
 public:
  GraphBuilder(const NetworkConfig& config, const ImageShape& image, int patch);

  Graph graph;
  const NetworkConfig& config;

  int tensor(const std::string& name, int height, int width, int channels);
  int activation(int tensor);
  int weights(const std::string& name, int kernel, int in_channels, int out_channels);
  /// A batch norm (or the kind named) for one node.
  int norm(const std::string& name, int channels, bool in_fold, NormKind kind = NormKind::batch);

  /// A convolution with weights, norm and tensor of its own. @return its output activation
  int conv(const std::string& name, int input, int channels, const ConvOptions& options);
  int max_pool(const std::string& name, int input, int kernel, int stride, int pad);
  /// Global average pool and a linear classifier without bias.
  void classify(int input, int classes);
  /// A linear classifier over all positions of a map.
  void classify_map(int input, int classes);

  const TensorShape& shape(int activation) const { return graph.tensor_of(activation); }
  int append(const Node& node);
  int tensor_index(int activation) const { return graph.activations[static_cast<std::size_t>(activation)]; }

  /// While set, nodes belong to this fold and iteration.
  int stage = -1, iteration = -1;
};

void build_mlp(GraphBuilder& builder, int classes);
void build_conv_net(GraphBuilder& builder, int classes);
void build_resnet(GraphBuilder& builder, int classes);
void build_token_mlp(GraphBuilder& builder, int classes);

}  // namespace wd::algo
