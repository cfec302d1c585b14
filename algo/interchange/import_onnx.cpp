// SPDX-License-Identifier: Apache-2.0
#include "algo/interchange/import_onnx.hpp"

#include <algorithm>
#include <limits>
#include <map>

#include "algo/interchange/onnx_node_reader.hpp"
#include "algo/interchange/unsupported_operator.hpp"
#include "base/error.hpp"

namespace wd::algo {

namespace {

using Reader = OnnxNodeReader;
using Value = OnnxGraphBuilder::Value;

class Importer {
 public:
  Importer(const OnnxModel& model, const std::string& origin)
      : model_(model), origin_(origin), constants_(model.initializers), builder_(origin) {}

  ImportedNetwork run() {
    constexpr std::size_t most_nodes = 100000;
    WD_REQUIRE(model_.nodes.size() <= most_nodes, origin_, ": has ", model_.nodes.size(), " nodes, at most ",
               most_nodes, " are read");
    WD_REQUIRE(model_.inputs.size() == 1 && model_.outputs.size() == 1, origin_, ": has ",
               model_.inputs.size(), " inputs and ", model_.outputs.size(),
               " outputs, must have one of each: the images, the class scores");
    add_input();
    count_uses();
    for (const OnnxNode& node : model_.nodes) add_node(Reader(node, constants_, origin_));
    const auto found = values_.find(model_.outputs[0].name);
    WD_REQUIRE(found != values_.end() && found->second.activation != 0, origin_, ": output ",
               name_text(model_.outputs[0].name), " does not depend on the input");
    return builder_.finish(found->second);
  }

 private:
  using Handler = void (Importer::*)(const Reader&);

  static const std::map<std::string, Handler>& handlers() {
    static const std::map<std::string, Handler> table{{"Conv", &Importer::conv},
                                                      {"BatchNormalization", &Importer::batch_norm},
                                                      {"Relu", &Importer::relu},
                                                      {"Add", &Importer::add},
                                                      {"Sum", &Importer::add},
                                                      {"Mul", &Importer::multiply},
                                                      {"MaxPool", &Importer::max_pool},
                                                      {"AveragePool", &Importer::average_pool},
                                                      {"GlobalAveragePool", &Importer::global_pool},
                                                      {"ReduceMean", &Importer::reduce_mean},
                                                      {"Flatten", &Importer::flatten},
                                                      {"Reshape", &Importer::reshape},
                                                      {"Squeeze", &Importer::squeeze},
                                                      {"Gemm", &Importer::gemm},
                                                      {"MatMul", &Importer::matmul},
                                                      {"Identity", &Importer::pass},
                                                      {"Dropout", &Importer::pass},
                                                      {"Constant", &Importer::constant}};
    return table;
  }

  void add_node(const Reader& reader) {
    const auto handler = handlers().find(reader.node().op);
    reader.require(handler != handlers().end(), "operator ", reader.node().op, " is not supported; ",
                   remedy_for(reader.node().op));
    reader.require(uses_[reader.output()] > 0 || reader.node().op == "Constant", "nothing uses its result ",
                   name_text(reader.output()), "; remove the node");
    (this->*handler->second)(reader);
  }

  void add_input() {
    const OnnxValue& input = model_.inputs[0];
    const Dims shape = input.shape.value_or(Dims{});
    const bool image = shape.size() == 4, vector = shape.size() == 2;
    constexpr std::int64_t largest_side = 4096;
    const auto known = [](std::int64_t size) { return size >= 1 && size <= largest_side; };
    const bool fits = image ? known(shape[1]) && known(shape[2]) && known(shape[3]) : vector && shape[1] >= 1;
    WD_REQUIRE(
        fits && element_count({shape.begin() + 1, shape.end()}).value_or(~0ull) <= most_tensor_values,
        origin_, ": input ", name_text(input.name), " has shape ", input.shape ? text_of(shape) : "unknown",
        ", must be batch x C x H x W with fixed C, H and W of at most 4096; export with a fixed image size");
    const auto size = [&](std::size_t axis) { return image ? static_cast<int>(shape[axis]) : 1; };
    values_[input.name] =
        builder_.add_input({"input", size(2), size(3), static_cast<int>(shape[1])}, vector ? 2 : 4, shape[0]);
  }

  void count_uses() {
    for (const OnnxNode& node : model_.nodes)
      for (const std::string& input : node.inputs) ++uses_[input];
    for (const OnnxValue& output : model_.outputs) ++uses_[output.name];
  }

  /// The value that a node reads; whether nobody else reads it.
  Value take(const Reader& reader, std::size_t index) {
    const auto found = values_.find(reader.input(index));
    reader.require(found != values_.end(), "its input ", name_text(reader.input(index)),
                   " is a constant, must depend on the image");
    Value value = found->second;
    value.sole = value.sole && uses_[reader.input(index)] == 1;
    return value;
  }
  void give(const Reader& reader, const Value& value) { values_[reader.output()] = value; }

  void conv(const Reader& reader) {
    const Value in = take(reader, 0);
    const NamedTensor& tensor = reader.constant(1, "weight");
    reader.require(tensor.shape.size() == 4 && tensor.shape[2] == tensor.shape[3], "weight ",
                   name_text(reader.input(1)), " has shape ", text_of(tensor.shape),
                   ", must be O x I x K x K; use two-dimensional, square kernels");
    reader.require_integer("group", 1,
                           "grouped and depthwise convolutions are not supported: train with groups=1");
    const SquareWindow window =
        reader.window(static_cast<int>(std::min<std::int64_t>(tensor.shape[2], 1 << 20)));
    give(reader, with_bias(reader, builder_.conv(reader, in, window, tensor.shape), 2));
  }

  void gemm(const Reader& reader) {
    reader.require_integer("transA", 0, "write the product as input times weight");
    reader.require(reader.real("alpha", 1) == 1 && (reader.real("beta", 1) == 1 || !reader.has_input(2)),
                   "attributes 'alpha' and 'beta' must be 1; multiply them into the weight and the bias");
    const bool transposed = reader.integer("transB", 0) != 0;
    give(reader, with_bias(reader, builder_.linear(reader, take_vector(reader), transposed), 2));
  }

  void matmul(const Reader& reader) { give(reader, builder_.linear(reader, take_vector(reader), false)); }

  Value take_vector(const Reader& reader) {
    const Value in = take(reader, 0);
    reader.require(in.rank == 2,
                   "multiplies a map, must multiply batch x values; flatten or pool the map first");
    return in;
  }

  Value with_bias(const Reader& reader, const Value& value, std::size_t index) {
    if (!reader.has_input(index)) return value;
    return builder_.offset(reader, value, reader.per_channel(index, "bias", builder_.channels(value)));
  }

  void batch_norm(const Reader& reader) {
    reader.require_integer("training_mode", 0, "export the model in evaluation mode: model.eval()");
    for (std::size_t i = 1; i < reader.node().outputs.size(); ++i)
      reader.require(uses_[reader.node().outputs[i]] == 0,
                     "its statistics are used; export the model in evaluation "
                     "mode: model.eval()");
    const Value in = take(reader, 0);
    const int channels = builder_.channels(in);
    NormState norm{reader.per_channel(1, "scale", channels), reader.per_channel(2, "offset", channels),
                   reader.per_channel(3, "mean", channels), reader.per_channel(4, "variance", channels)};
    const double shift = static_cast<double>(reader.real("epsilon", 1e-5f)) - epsilon_of(NormKind::batch);
    for (float& variance : norm.variance) {
      reader.require(variance >= 0, "variance ", name_text(reader.input(4)), " holds the negative value ",
                     variance, "; the file is damaged");
      // 1e-5 itself comes as the nearest float.
      if (shift > 1e-11 || shift < -1e-11) variance = static_cast<float>(std::max(0.0, variance + shift));
    }
    give(reader, builder_.batch_norm(reader, in, std::move(norm)));
  }

  void relu(const Reader& reader) { give(reader, builder_.relu(reader, take(reader, 0))); }

  void add(const Reader& reader) {
    reader.require(reader.node().inputs.size() == 2, "adds ", reader.node().inputs.size(),
                   " values, must be 2");
    if (const auto constant = constant_operand(reader)) {
      const Value in = take(reader, 1 - *constant);
      give(reader, builder_.offset(reader, in, broadcast(reader, *constant, in)));
      return;
    }
    give(reader, builder_.add(reader, take(reader, 0), take(reader, 1)));
  }

  void multiply(const Reader& reader) {
    const auto constant = constant_operand(reader);
    reader.require(constant.has_value(),
                   "multiplies two computed values; only factors per channel are supported: "
                   "train without gates and squeeze-and-excitation");
    const Value in = take(reader, 1 - *constant);
    give(reader, builder_.gain(reader, in, broadcast(reader, *constant, in)));
  }

  static std::optional<std::size_t> constant_operand(const Reader& reader) {
    for (const std::size_t index : {std::size_t{0}, std::size_t{1}})
      if (reader.is_constant(index)) return index;
    return std::nullopt;
  }

  /// One number per channel from a constant that broadcasting spreads over nothing but batch and positions.
  std::vector<float> broadcast(const Reader& reader, std::size_t index, const Value& value) const {
    Dims shape = reader.constant(index, "operand").shape;
    const int channels = builder_.channels(value);
    const auto count = element_count(shape).value_or(0);
    if (value.rank == 4 && shape.size() >= 3 && shape[shape.size() - 1] == 1 && shape[shape.size() - 2] == 1)
      shape.resize(shape.size() - 2);
    else if (value.rank == 4 && count != 1)
      shape.clear();
    const bool per_channel =
        !shape.empty() && shape.back() == channels && count == static_cast<std::uint64_t>(channels);
    reader.require(count == 1 || per_channel, "operand ", name_text(reader.input(index)), " has shape ",
                   text_of(reader.constant(index, "operand").shape), ", must hold one number for each of ",
                   channels, " channels");
    return reader.per_channel(index, "operand", channels);
  }

  void max_pool(const Reader& reader) {
    reader.require_integer("ceil_mode", 0, "export with ceil_mode=False");
    reader.require_integer("storage_order", 0, "export with row-major order");
    give(reader, builder_.pool(reader, take(reader, 0), NodeKind::max_pool, reader.window(std::nullopt)));
  }

  void average_pool(const Reader& reader) {
    reader.require_integer("ceil_mode", 0, "export with ceil_mode=False");
    const SquareWindow window = reader.window(std::nullopt);
    if (window.pad > 0)
      reader.require_integer("count_include_pad", 1, "use count_include_pad=True or no padding", 0);
    give(reader, builder_.pool(reader, take(reader, 0), NodeKind::average_pool, window));
  }

  void global_pool(const Reader& reader) { give(reader, builder_.global_pool(reader, take(reader, 0))); }

  void reduce_mean(const Reader& reader) {
    auto axes = reader.axes().value_or(Dims{});
    for (std::int64_t& axis : axes) axis += axis < 0 ? 4 : 0;
    std::sort(axes.begin(), axes.end());
    reader.require(axes == Dims{2, 3}, "averages over axes ", text_of(axes),
                   ", must be [2, 3]: the positions of a map");
    Value value = builder_.global_pool(reader, take(reader, 0));
    if (reader.integer("keepdims", 1) == 0) value.rank = 2;
    give(reader, value);
  }

  void flatten(const Reader& reader) {
    reader.require_integer("axis", 1, "flatten from the channels on");
    give(reader, builder_.flattened(take(reader, 0), 2));
  }

  void reshape(const Reader& reader) {
    const Dims shape =
        reader.constant(1, "shape").to_integers(text(origin_, ": ", text_of(reader.node()), ": shape"));
    reader.require_integer("allowzero", 0, "use 0 for a size that stays");
    give(reader, builder_.reshape(reader, take(reader, 0), shape));
  }

  void squeeze(const Reader& reader) {
    auto axes = reader.axes().value_or(Dims{2, 3});
    for (std::int64_t& axis : axes) axis += axis < 0 ? 4 : 0;
    std::sort(axes.begin(), axes.end());
    const Value in = take(reader, 0);
    reader.require(axes == Dims{2, 3} && builder_.is_vector(in), "drops axes ", text_of(axes),
                   ", must drop the positions of a map of one position");
    give(reader, builder_.flattened(in, 2));
  }

  void pass(const Reader& reader) {
    if (const NamedTensor* tensor = constants_.find(reader.input(0))) {
      constants_.add(reader.output(), *tensor);
      return;
    }
    give(reader, take(reader, 0));
  }

  void constant(const Reader& reader) {
    const auto found = reader.node().attributes.find("value");
    const auto* tensor =
        found == reader.node().attributes.end() ? nullptr : std::get_if<NamedTensor>(&found->second);
    reader.require(tensor != nullptr, "has no tensor as its value; export with plain constants");
    constants_.add(reader.output(), *tensor);
  }

  const OnnxModel& model_;
  const std::string& origin_;
  NamedTensors constants_;
  OnnxGraphBuilder builder_;
  std::map<std::string, Value> values_;
  std::map<std::string, std::size_t> uses_;
};

}  // namespace

ImportedNetwork import_onnx(const OnnxModel& model, const std::string& origin) {
  return Importer(model, origin).run();
}

}  // namespace wd::algo
