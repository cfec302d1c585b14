// SPDX-License-Identifier: Apache-2.0
#include "algo/interchange/export_onnx.hpp"

#include <algorithm>
#include <numbers>
#include <set>

#include "base/error.hpp"

namespace wd::algo {

namespace {

using Ints = std::vector<std::int64_t>;
using Attributes = std::map<std::string, OnnxAttribute>;

/// An activation's ONNX value; flat: batch x C instead of batch x C x H x W.
struct NamedValue {
  std::string name;
  bool flat = false;
};

class Exporter {
 public:
  Exporter(const Graph& graph, const ModelState& state)
      : graph_(graph), state_(state), values_(graph.activations.size()) {}

  OnnxModel run() {
    check(graph_, state_, "export");
    WD_REQUIRE(!graph_.nodes.empty(), "export: the network has no nodes");
    const TensorShape& in = graph_.tensor_of(0);
    values_[0] = {"input", false};
    model_.inputs.push_back({"input", DType::f32, Dims{-1, in.channels, in.height, in.width}});
    for (const Node& node : graph_.nodes) add_node(node);
    const int last = graph_.nodes.back().output;
    const TensorShape& out = graph_.tensor_of(last);
    base_ = "scores";
    if (!value(last).flat)
      value(last) = {emit("Flatten", "flat", {value(last).name}, {{"axis", std::int64_t{1}}}), true};
    model_.nodes.back().outputs = {"scores"};
    model_.outputs.push_back(
        {"scores", DType::f32, Dims{-1, static_cast<std::int64_t>(out.positions()) * out.channels}});
    return std::move(model_);
  }

 private:
  NamedValue& value(int activation) { return values_[static_cast<std::size_t>(activation)]; }

  std::string emit(const std::string& op, const std::string& part, std::vector<std::string> inputs,
                   Attributes attributes = {}) {
    std::string name = base_ + "/" + part;
    for (int again = 2; !names_.insert(name).second; ++again) name = text(base_, "/", part, again);
    model_.nodes.push_back({name, op, std::move(inputs), {name + ".out"}, std::move(attributes)});
    return name + ".out";
  }

  std::string constant(const std::string& name, Dims shape, const std::vector<float>& values) {
    if (!model_.initializers.has(name))
      model_.initializers.add(name, NamedTensor::of_floats(std::move(shape), values));
    return name;
  }
  std::string number(const std::string& name, double value) {
    return constant(name, {}, {static_cast<float>(value)});
  }
  std::string reshape(const std::string& input, const Ints& shape) {
    const std::string name = "shape " + text_of(shape);
    if (!model_.initializers.has(name))
      model_.initializers.add(name,
                              NamedTensor::of_integers({static_cast<std::int64_t>(shape.size())}, shape));
    return emit("Reshape", "reshape", {input, name});
  }

  std::string as_map(int activation) {
    const TensorShape& shape = graph_.tensor_of(activation);
    const NamedValue& in = value(activation);
    return in.flat ? reshape(in.name, {0, shape.channels, shape.height, shape.width}) : in.name;
  }
  std::string as_flat(int activation) {
    const NamedValue& in = value(activation);
    return in.flat ? in.name : emit("Flatten", "flatten", {in.name}, {{"axis", std::int64_t{1}}});
  }

  bool fully_connected(const Node& node) const {
    const TensorShape& in = graph_.tensor_of(node.input);
    return node.kind == NodeKind::conv && node.residual < 0 && node.pad == 0 && in.height == node.kernel &&
           in.width == node.kernel;
  }

  void add_node(const Node& node) {
    base_ = node.iteration < 0 ? node.name : text(node.name, ".t", node.iteration + 1);
    const bool flat = fully_connected(node);
    std::string x;
    switch (node.kind) {
      case NodeKind::conv:
        x = flat ? gemm(node) : convolution(node);
        break;
      case NodeKind::token_mix:
        x = token_mix(node);
        break;
      case NodeKind::norm:
        x = as_map(node.input);
        break;
      case NodeKind::max_pool:
        x = emit("MaxPool", "pool", {as_map(node.input)}, window(node));
        break;
      case NodeKind::average_pool:
        x = average_pool(node);
        break;
    }
    if (node.norm >= 0 && !is_bias(node)) x = norm(node.norm, x, flat);
    if (node.residual >= 0) x = emit("Add", "add", {x, as_map(node.residual)});
    if (node.activation == Activation::relu) x = emit("Relu", "relu", {x});
    if (node.activation == Activation::gelu) x = gelu(x);
    value(node.output) = {x, flat};
  }

  static Attributes window(const Node& node) {
    return {{"kernel_shape", Ints{node.kernel, node.kernel}},
            {"strides", Ints{node.stride, node.stride}},
            {"pads", Ints{node.pad, node.pad, node.pad, node.pad}}};
  }

  std::string weights(int index, const char* suffix, const Dims& shape) {
    const WeightShape& weights = graph_.weights[static_cast<std::size_t>(index)];
    const std::string name = weights.name + suffix;
    if (model_.initializers.has(name)) return name;
    const std::vector<float> effective =
        effective_weights(state_.weights[static_cast<std::size_t>(index)], weights.name);
    return constant(name, shape, to_output_major<float>(effective, weights));
  }

  /// An affine norm without gain, right after a linear layer, is the layer's bias.
  bool is_bias(const Node& node) const {
    if (node.kind != NodeKind::conv || node.norm < 0) return false;
    const auto index = static_cast<std::size_t>(node.norm);
    const std::vector<float>& gamma = state_.norms[index].gamma;
    return graph_.norms[index].kind == NormKind::affine &&
           std::all_of(gamma.begin(), gamma.end(), [](float gain) { return gain == 1; });
  }

  void add_bias(const Node& node, std::vector<std::string>& inputs) {
    if (!is_bias(node)) return;
    const auto index = static_cast<std::size_t>(node.norm);
    const NormShape& norm = graph_.norms[index];
    inputs.push_back(constant(norm.name + ".bias", {norm.channels}, state_.norms[index].beta));
  }

  std::string convolution(const Node& node) {
    const WeightShape& w = graph_.weights[static_cast<std::size_t>(node.weights)];
    std::vector<std::string> inputs{
        as_map(node.input),
        weights(node.weights, ".weight", {w.out_channels, w.in_channels, w.kernel, w.kernel})};
    add_bias(node, inputs);
    return emit("Conv", "conv", std::move(inputs), window(node));
  }

  std::string gemm(const Node& node) {
    const WeightShape& w = graph_.weights[static_cast<std::size_t>(node.weights)];
    const std::int64_t columns = std::int64_t{w.in_channels} * w.kernel * w.kernel;
    std::vector<std::string> inputs{as_flat(node.input),
                                    weights(node.weights, ".matrix", {w.out_channels, columns})};
    add_bias(node, inputs);
    return emit("Gemm", "gemm", std::move(inputs), {{"transB", std::int64_t{1}}});
  }

  /// batch x C x tokens times tokens x tokens.
  std::string token_mix(const Node& node) {
    const TensorShape &in = graph_.tensor_of(node.input), &out = graph_.tensor_of(node.output);
    const auto index = static_cast<std::size_t>(node.weights);
    const WeightShape& w = graph_.weights[index];
    const std::string matrix = w.name + ".tokens";
    if (!model_.initializers.has(matrix))
      constant(matrix, {w.in_channels, w.out_channels}, effective_weights(state_.weights[index], w.name));
    const std::string rows = reshape(as_map(node.input), {0, in.channels, w.in_channels});
    return reshape(emit("MatMul", "mix", {rows, matrix}), {0, out.channels, out.height, out.width});
  }

  std::string average_pool(const Node& node) {
    const bool global = node.kernel == 1 && node.stride == 1;
    if (global) return emit("GlobalAveragePool", "pool", {as_map(node.input)});
    Attributes attributes = window(node);
    attributes["count_include_pad"] = std::int64_t{1};
    return emit("AveragePool", "pool", {as_map(node.input)}, std::move(attributes));
  }

  std::string norm(int index, const std::string& x, bool flat) {
    const NormShape& shape = graph_.norms[static_cast<std::size_t>(index)];
    const NormState& norm = state_.norms[static_cast<std::size_t>(index)];
    const Dims plain{shape.channels}, broadcast = flat ? plain : Dims{shape.channels, 1, 1};
    if (shape.kind == NormKind::batch)
      return emit("BatchNormalization", "norm",
                  {x, constant(shape.name + ".weight", plain, norm.gamma),
                   constant(shape.name + ".bias", plain, norm.beta),
                   constant(shape.name + ".running_mean", plain, norm.mean),
                   constant(shape.name + ".running_var", plain, norm.variance)},
                  {{"epsilon", static_cast<float>(batch_norm_epsilon)}});
    const std::string normal = shape.kind == NormKind::layer ? layer_norm(x, shape.epsilon) : x;
    const char* suffix = flat ? ".flat" : "";
    const std::string gain = constant(shape.name + ".gain" + suffix, broadcast, norm.gamma),
                      offset = constant(shape.name + ".offset" + suffix, broadcast, norm.beta);
    return emit("Add", "offset", {emit("Mul", "gain", {normal, gain}), offset});
  }

  /// Over the channels of each position.
  std::string layer_norm(const std::string& x, double epsilon) {
    const Attributes over_channels{{"axes", Ints{1}}, {"keepdims", std::int64_t{1}}};
    const std::string centred = emit("Sub", "centre", {x, emit("ReduceMean", "mean", {x}, over_channels)});
    const std::string variance =
        emit("ReduceMean", "variance", {emit("Mul", "square", {centred, centred})}, over_channels);
    const std::string safe = emit("Add", "safe", {variance, number(text("epsilon ", epsilon), epsilon)});
    return emit("Div", "normal", {centred, emit("Sqrt", "deviation", {safe})});
  }

  /// x (1 + erf(x / sqrt 2)) / 2
  std::string gelu(const std::string& x) {
    const std::string erf =
        emit("Erf", "erf", {emit("Div", "scaled", {x, number("sqrt2", std::numbers::sqrt2)})});
    const std::string twice = emit("Mul", "twice", {x, emit("Add", "plus", {erf, number("one", 1)})});
    return emit("Mul", "gelu", {twice, number("half", 0.5)});
  }

  const Graph& graph_;
  const ModelState& state_;
  std::vector<NamedValue> values_;
  OnnxModel model_;
  std::string base_;
  std::set<std::string> names_;
};

}  // namespace

OnnxModel export_onnx(const Graph& graph, const ModelState& state) { return Exporter(graph, state).run(); }

}  // namespace wd::algo
