// SPDX-License-Identifier: Apache-2.0
#include "algo/networks/graph_builder.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace wd::algo {

GraphBuilder::GraphBuilder(const NetworkConfig& network, const ImageShape& image, int patch)
    : config(network) {
  WD_REQUIRE(image.height % patch == 0 && image.width % patch == 0, "network: 'patch' is ", patch,
             ", must divide the images' ", image.height, "x", image.width);
  const int channels = patch * patch * image.channels * (network.split_pixels ? 2 : 1);
  activation(tensor("input", image.height / patch, image.width / patch, channels));
}

int GraphBuilder::tensor(const std::string& name, int height, int width, int channels) {
  graph.tensors.push_back({name, height, width, channels});
  return static_cast<int>(graph.tensors.size()) - 1;
}

int GraphBuilder::activation(int tensor) {
  graph.activations.push_back(tensor);
  return static_cast<int>(graph.activations.size()) - 1;
}

int GraphBuilder::weights(const std::string& name, int kernel, int in_channels, int out_channels) {
  graph.weights.push_back({name, kernel, in_channels, out_channels});
  return static_cast<int>(graph.weights.size()) - 1;
}

int GraphBuilder::norm(const std::string& name, int channels, bool in_fold, NormKind kind) {
  const bool learned = kind != NormKind::batch || config.affine == AffineScope::all ||
                       (config.affine == AffineScope::folds && in_fold);
  graph.norms.push_back({name, kind, channels, learned, 1});
  return static_cast<int>(graph.norms.size()) - 1;
}

int GraphBuilder::append(const Node& node) {
  graph.nodes.push_back(node);
  graph.nodes.back().stage = stage;
  graph.nodes.back().iteration = iteration;
  return node.output;
}

int GraphBuilder::conv(const std::string& name, int input, int channels, const ConvOptions& options) {
  const TensorShape in = shape(input);
  const int pad = options.pad >= 0 ? options.pad : options.kernel / 2;
  WD_REQUIRE(std::min(in.height, in.width) + 2 * pad >= options.kernel, "network: '", name, "': a kernel of ",
             options.kernel, "x", options.kernel, " does not fit a map of ", in.height, "x", in.width,
             "; use larger images or fewer strides");
  const int height = (in.height + 2 * pad - options.kernel) / options.stride + 1;
  const int width = (in.width + 2 * pad - options.kernel) / options.stride + 1;
  Node node;
  node.kind = NodeKind::conv;
  node.name = name;
  node.weights = weights(name, options.kernel, in.channels, channels);
  if (options.norm) node.norm = norm(name + ".norm", channels, false);
  node.input = input;
  node.output = activation(tensor(name, height, width, channels));
  node.residual = options.residual;
  node.activation = options.activation;
  node.kernel = options.kernel;
  node.stride = options.stride;
  node.pad = pad;
  return append(node);
}

int GraphBuilder::max_pool(const std::string& name, int input, int kernel, int stride, int pad) {
  const TensorShape in = shape(input);
  WD_REQUIRE(std::min(in.height, in.width) + 2 * pad >= kernel, "network: '", name, "': a pool of ", kernel,
             "x", kernel, " does not fit a map of ", in.height, "x", in.width,
             "; use larger images or fewer layers");
  Node node;
  node.kind = NodeKind::max_pool;
  node.name = name;
  node.input = input;
  node.kernel = kernel;
  node.stride = stride;
  node.pad = pad;
  node.output = activation(tensor(name, (in.height + 2 * pad - kernel) / stride + 1,
                                  (in.width + 2 * pad - kernel) / stride + 1, in.channels));
  return append(node);
}

void GraphBuilder::classify(int input, int classes) {
  const TensorShape in = shape(input);
  Node pool;
  pool.kind = NodeKind::average_pool;
  pool.name = "pool";
  pool.input = input;
  pool.output = activation(tensor("pool", 1, 1, in.channels));
  classify_map(append(pool), classes);
}

void GraphBuilder::classify_map(int input, int classes) {
  ConvOptions options;
  options.kernel = shape(input).height;
  WD_REQUIRE(shape(input).width == options.kernel, "network: the classifier needs a square map, this is ",
             shape(input).height, "x", shape(input).width);
  options.pad = 0;
  options.activation = Activation::none;
  options.norm = false;
  conv("classifier", input, classes, options);
}

Graph build_graph(const NetworkConfig& config, const ImageShape& image, int classes) {
  if (config.kind == NetworkKind::mlp)
    WD_REQUIRE(image.height == image.width, "network: an mlp needs square images, these are ", image.height,
               "x", image.width);
  GraphBuilder builder(config, image, config.kind == NetworkKind::mlp ? image.height : config.patch);
  switch (config.kind) {
    case NetworkKind::mlp:
      build_mlp(builder, classes);
      break;
    case NetworkKind::conv:
      build_conv_net(builder, classes);
      break;
    case NetworkKind::resnet:
      build_resnet(builder, classes);
      break;
    case NetworkKind::res_mlp:
    case NetworkKind::mixer:
      build_token_mlp(builder, classes);
      break;
  }
  return std::move(builder.graph);
}

std::size_t dense_unfolded_parameters(const Graph& graph) {
  std::size_t count = 0;
  for (const Node& node : graph.nodes) {
    if (node.weights >= 0) count += graph.weights[static_cast<std::size_t>(node.weights)].count();
    if (node.norm >= 0)
      count += 2 * static_cast<std::size_t>(graph.norms[static_cast<std::size_t>(node.norm)].channels);
  }
  return count;
}

}  // namespace wd::algo
