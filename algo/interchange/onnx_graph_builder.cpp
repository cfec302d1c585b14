// SPDX-License-Identifier: Apache-2.0
#include "algo/interchange/onnx_graph_builder.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"

namespace wd::algo {

/// A value laid out as another.
OnnxGraphBuilder::Value OnnxGraphBuilder::as(Value made, const Value& in) {
  made.rank = in.rank;
  made.merged = in.merged;
  made.last = in.last;
  made.stacked = in.stacked;
  return made;
}

OnnxGraphBuilder::Value OnnxGraphBuilder::add_input(const TensorShape& shape, int rank, std::int64_t batch) {
  batch_ = batch;
  graph_.tensors.push_back(shape);
  graph_.activations.push_back(0);
  producer_.push_back(-1);
  return {0, rank};
}

int OnnxGraphBuilder::channels(const Value& value) const {
  const TensorShape& shape = shape_of(value);
  return value.merged ? shape.channels * shape.height * shape.width : shape.channels;
}

bool OnnxGraphBuilder::is_vector(const Value& value) const {
  return value.merged || shape_of(value).positions() == 1;
}

std::int64_t OnnxGraphBuilder::positions(const Value& value) const {
  return value.merged ? 1 : static_cast<std::int64_t>(shape_of(value).positions());
}

std::string OnnxGraphBuilder::text_of_value(const Value& value) const {
  const TensorShape& shape = shape_of(value);
  if (value.rank == 3 || value.stacked)
    return text(shape.positions(), " tokens of ", shape.channels, " channels");
  if (value.merged) return text("a flattened map of ", shape.channels, "x", shape.height, "x", shape.width);
  return text("a map of ", shape.channels, "x", shape.height, "x", shape.width);
}

std::string OnnxGraphBuilder::unique_name(const std::string& wanted) {
  constexpr std::size_t longest = 120;
  std::string plain = wanted.substr(0, longest);
  for (char& character : plain)
    if (static_cast<unsigned char>(character) < 0x20) character = '_';
  std::string name = plain;
  while (!names_.emplace(name, 2).second) name = text(plain, "_", names_[plain]++);
  return name;
}

std::string OnnxGraphBuilder::node_name(const Reader& reader) const {
  return reader.node().name.empty() ? reader.output() : reader.node().name;
}

OnnxGraphBuilder::Value OnnxGraphBuilder::append(Node node, const std::string& name, int height, int width,
                                                 int channels) {
  node.name = name;
  const auto values = element_count({channels, height, width});
  WD_REQUIRE(values && *values <= most_tensor_values, origin_, ": ", name_text(name), " makes ", channels,
             "x", height, "x", width, " values, at most ", most_tensor_values,
             " are supported; use smaller images");
  graph_.tensors.push_back({name, height, width, channels});
  graph_.activations.push_back(static_cast<int>(graph_.tensors.size()) - 1);
  node.output = static_cast<int>(graph_.activations.size()) - 1;
  producer_.push_back(static_cast<int>(graph_.nodes.size()));
  graph_.nodes.push_back(node);
  return {node.output, 4};
}

int OnnxGraphBuilder::weights_of(const Reader& reader, std::size_t input, const std::string& layout,
                                 int kernel, int in_channels, int out_channels) {
  const std::string& initializer = reader.input(input);
  // By place: an Identity gives the same numbers another name.
  const void* numbers = reader.constant(input, "weight").bytes.data();
  const auto [entry, is_new] = shared_weights_.emplace(text(layout, kernel, ":", numbers), 0);
  if (!is_new) return entry->second;
  const std::string suffix = ".weight";
  const bool named = initializer.ends_with(suffix) && !initializer.starts_with("onnx::");
  WeightShape shape;
  shape.name =
      unique_name(named ? initializer.substr(0, initializer.size() - suffix.size()) : node_name(reader));
  shape.kernel = kernel;
  shape.in_channels = in_channels;
  shape.out_channels = out_channels;
  WeightState weights;
  std::vector<float> values = reader.reals(input, "weight");
  if (layout.ends_with("io")) {  // I x O; with the map's positions in I: transpose, then as O x I
    std::vector<float> turned(values.size());
    const auto outputs = static_cast<std::size_t>(out_channels), inputs = values.size() / outputs;
    for (std::size_t in = 0; in < inputs; ++in)
      for (std::size_t out = 0; out < outputs; ++out) turned[out * inputs + in] = values[in * outputs + out];
    values = std::move(turned);
  }
  weights.values = from_output_major<float>(values, shape);
  graph_.weights.push_back(shape);
  state_.weights.push_back(std::move(weights));
  entry->second = static_cast<int>(graph_.weights.size()) - 1;
  return entry->second;
}

/// The first node of its weights has their name.
std::string OnnxGraphBuilder::name_by_weights(int weights) {
  const std::string& name = graph_.weights[static_cast<std::size_t>(weights)].name;
  return used_weights_.insert(weights).second ? name : unique_name(name);
}

OnnxGraphBuilder::Value OnnxGraphBuilder::linear_node(const Reader& reader, const Value& in,
                                                      const SquareWindow& window, int weights,
                                                      int out_channels) {
  const TensorShape& map = shape_of(in);
  Node node;
  node.kind = NodeKind::conv;
  node.weights = weights;
  node.input = in.activation;
  node.kernel = window.kernel;
  node.stride = window.stride;
  node.pad = window.pad;
  const int height = map.height + 2 * window.pad - window.kernel,
            width = map.width + 2 * window.pad - window.kernel;
  reader.require(height >= 0 && width >= 0, "its kernel of ", window.kernel, "x", window.kernel,
                 " does not fit ", text_of_value(in), "; use larger images");
  return append(node, name_by_weights(weights), height / window.stride + 1, width / window.stride + 1,
                out_channels);
}

OnnxGraphBuilder::Value OnnxGraphBuilder::conv(const Reader& reader, const Value& in,
                                               const SquareWindow& window, const Dims& shape) {
  reader.require(shape[0] >= 1 && shape[1] >= 1 && shape[2] >= 1 && shape[1] == channels(in),
                 "its weight of shape ", text_of(shape), " does not fit ", text_of_value(in),
                 "; the file is damaged");
  reader.require(in.rank == 4 && !in.last, "works on ", text_of_value(in),
                 ", must be a map of batch x C x H x W");
  reader.require(window.pad < window.kernel, "pads ", window.pad, " for a kernel of ", window.kernel,
                 "; must be less than the kernel");
  const auto out_channels = static_cast<int>(shape[0]);
  const TensorShape& map = shape_of(in);
  if (!in.merged || map.positions() == 1)
    return linear_node(reader, in, window,
                       weights_of(reader, 1, "oi", window.kernel, map.channels, out_channels), out_channels);
  reader.require(window.kernel == 1 && window.pad == 0 && window.stride == 1, "works on ", text_of_value(in),
                 ", which only a 1x1 convolution may read");
  return linear(reader, in, true);
}

OnnxGraphBuilder::Value OnnxGraphBuilder::linear(const Reader& reader, const Value& in, bool transposed) {
  Dims shape = reader.constant(1, "weight").shape;
  while (shape.size() > 2 && shape.back() == 1) shape.pop_back();
  reader.require(shape.size() == 2, "weight ", name_text(reader.input(1)), " has shape ", text_of(shape),
                 ", must be a matrix");
  const std::int64_t inputs = shape[transposed ? 1 : 0], outputs = shape[transposed ? 0 : 1];
  const TensorShape& map = shape_of(in);
  reader.require(is_vector(in) && outputs >= 1 && inputs == channels(in), "its weight of shape ",
                 text_of(shape), " does not fit ", text_of_value(in), "; flatten or pool the map first");
  reader.require(map.height == map.width, "reads a map of ", map.height, "x", map.width,
                 ", must be square; use square images");
  const auto out_channels = static_cast<int>(outputs);
  const int weights = weights_of(reader, 1, transposed ? "oi" : "io", map.height, map.channels, out_channels);
  Value out = linear_node(reader, in, {map.height, 1, 0}, weights, out_channels);
  out.rank = in.rank;
  return out;
}

Dims OnnxGraphBuilder::matrix_shape(const Reader& reader, std::size_t weight, bool transposed) const {
  Dims shape = reader.constant(weight, "weight").shape;
  if (shape.size() == 3 && shape.back() == 1) shape.pop_back();  // of a Conv over one axis
  reader.require(shape.size() == 2 && shape[0] >= 1 && shape[1] >= 1, "weight ",
                 name_text(reader.input(weight)), " has shape ", text_of(shape), ", must be a matrix");
  if (transposed) std::swap(shape[0], shape[1]);
  return shape;
}

OnnxGraphBuilder::Value OnnxGraphBuilder::channel_mix(const Reader& reader, const Value& in,
                                                      std::size_t weight, bool transposed) {
  const Dims shape = matrix_shape(reader, weight, transposed);
  const int channels = shape_of(in).channels;
  reader.require(shape[0] == channels && shape[1] <= std::numeric_limits<int>::max(), "its weight, from ",
                 shape[0], " to ", shape[1], " channels, does not fit ", text_of_value(in));
  const auto outputs = static_cast<int>(shape[1]);
  const int weights = weights_of(reader, weight, transposed ? "oi" : "io", 1, channels, outputs);
  return as(linear_node(reader, in, {}, weights, outputs), in);
}

OnnxGraphBuilder::Value OnnxGraphBuilder::token_mix(const Reader& reader, const Value& in, std::size_t weight,
                                                    bool transposed) {
  const Dims shape = matrix_shape(reader, weight, transposed);
  reader.require(shape[0] == positions(in) && shape[1] <= std::numeric_limits<int>::max(),
                 "its weight, from ", shape[0], " to ", shape[1], " tokens, does not fit ",
                 text_of_value(in));
  const auto outputs = static_cast<int>(shape[1]);
  Node node;
  node.kind = NodeKind::token_mix;
  node.weights = weights_of(reader, weight, transposed ? "tokens oi" : "tokens io", 1,
                            static_cast<int>(shape[0]), outputs);
  node.input = in.activation;
  // Tokens that are as many as a map's positions are taken as such a map's, for the sum that follows.
  const auto known = map_of_tokens_.find(shape[1]);
  const auto [height, width] = known == map_of_tokens_.end() ? std::pair(outputs, 1) : known->second;
  return as(append(node, name_by_weights(node.weights), height, width, shape_of(in).channels), in);
}

void OnnxGraphBuilder::require_plain(const Reader& reader, const Value& value) const {
  reader.require(!value.merged || shape_of(value).positions() == 1, "works on ", text_of_value(value),
                 ", which only a fully connected layer may read; do it before flattening");
}

void OnnxGraphBuilder::require_map(const Reader& reader, const Value& value) const {
  require_plain(reader, value);
  reader.require(value.rank == 4 && !value.last, "works on ",
                 value.rank == 2 ? "a vector" : text_of_value(value), ", must be a map of batch x C x H x W");
}

OnnxGraphBuilder::Value OnnxGraphBuilder::pool(const Reader& reader, const Value& in, NodeKind kind,
                                               const SquareWindow& window) {
  require_map(reader, in);
  const TensorShape map = shape_of(in);
  if (kind == NodeKind::average_pool && window.kernel == 1 && window.stride == 1)
    return in;  // would mean "global"
  if (kind == NodeKind::average_pool && window.pad == 0 && window.kernel == map.height &&
      window.kernel == map.width)
    return global_pool(reader, in);
  reader.require(2 * window.pad <= window.kernel && window.pad <= std::min(map.height, map.width), "pads ",
                 window.pad, " for a kernel of ", window.kernel,
                 "; must be at most half of the kernel, and the map");
  const int height = map.height + 2 * window.pad - window.kernel,
            width = map.width + 2 * window.pad - window.kernel;
  reader.require(height >= 0 && width >= 0, "its kernel of ", window.kernel, "x", window.kernel,
                 " does not fit ", text_of_value(in), "; use larger images");
  Node node;
  node.kind = kind;
  node.input = in.activation;
  node.kernel = window.kernel;
  node.stride = window.stride;
  node.pad = window.pad;
  return append(node, unique_name(node_name(reader)), height / window.stride + 1, width / window.stride + 1,
                map.channels);
}

OnnxGraphBuilder::Value OnnxGraphBuilder::global_pool(const Reader& reader, const Value& in) {
  require_plain(reader, in);
  reader.require(in.rank >= 3, "pools a vector, must be a map");
  Node node;
  node.kind = NodeKind::average_pool;
  node.input = in.activation;
  return as(append(node, unique_name(node_name(reader)), 1, 1, shape_of(in).channels), in);
}

}  // namespace wd::algo
