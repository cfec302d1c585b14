// SPDX-License-Identifier: Apache-2.0
#include "algo/interchange/import_onnx.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "algo/interchange/onnx_node_reader.hpp"
#include "algo/interchange/onnx_padding.hpp"
#include "algo/interchange/onnx_patterns.hpp"
#include "algo/interchange/onnx_shape_values.hpp"
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
    nodes_ = fuse_patterns(model_);
    count_uses();
    for (const OnnxNode& node : nodes_) add_node(Reader(node, constants_, origin_));
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
                                                      {"LayerNormalization", &Importer::layer_norm},
                                                      {"Relu", &Importer::relu},
                                                      {"Gelu", &Importer::gelu},
                                                      {"Add", &Importer::add},
                                                      {"Sum", &Importer::add},
                                                      {"Mul", &Importer::multiply},
                                                      {"MaxPool", &Importer::max_pool},
                                                      {"AveragePool", &Importer::average_pool},
                                                      {"GlobalAveragePool", &Importer::global_pool},
                                                      {"ReduceMean", &Importer::reduce_mean},
                                                      {"Flatten", &Importer::flatten},
                                                      {"Transpose", &Importer::transpose},
                                                      {"Shape", &Importer::shape},
                                                      {"Reshape", &Importer::reshape},
                                                      {"Squeeze", &Importer::squeeze},
                                                      {"Gemm", &Importer::gemm},
                                                      {"MatMul", &Importer::matmul},
                                                      {"Identity", &Importer::pass},
                                                      {"Dropout", &Importer::dropout},
                                                      {"Pad", &Importer::pad},
                                                      {"Cast", &Importer::cast},
                                                      {"Constant", &Importer::constant}};
    return table;
  }

  void add_node(const Reader& reader) {
    if (shapes_.evaluate(reader)) return;
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
    // Who only asks for a value's shape does not keep a node from joining it.
    for (OnnxNode& node : nodes_)
      for (const std::string& input : node.inputs)
        if (node.op != "Shape") {
          ++uses_[input];
          if (readers_[input].empty() || readers_[input].back() != &node) readers_[input].push_back(&node);
        }
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
    if (in.rank == 3) return conv_of_tokens(reader, in, tensor.shape);
    reader.require(tensor.shape.size() == 4 && tensor.shape[2] == tensor.shape[3], "weight ",
                   name_text(reader.input(1)), " has shape ", text_of(tensor.shape),
                   ", must be O x I x K x K; use two-dimensional, square kernels");
    reader.require_integer("group", 1,
                           "grouped and depthwise convolutions are not supported: train with groups=1");
    const SquareWindow window =
        reader.window(static_cast<int>(std::min<std::int64_t>(tensor.shape[2], 1 << 20)));
    give(reader, with_bias(reader, builder_.conv(reader, in, window, tensor.shape), 2));
  }

  /// Over one axis: the convolved channels are ours, or else the tokens.
  void conv_of_tokens(const Reader& reader, const Value& in, const Dims& shape) {
    reader.require_integer("group", 1, "grouped convolutions are not supported: train with groups=1");
    reader.require(shape.size() == 3 && shape[2] == 1, "weight ", name_text(reader.input(1)), " has shape ",
                   text_of(shape), ", must be O x I x 1 for tokens");
    const SquareWindow window = reader.window(1);
    reader.require(window.stride == 1 && window.pad == 0, "must have stride 1 and no padding for tokens");
    const Value out =
        in.last ? builder_.token_mix(reader, in, 1, true) : builder_.channel_mix(reader, in, 1, true);
    if (!in.last) return give(reader, with_bias(reader, out, 2));
    give(reader, reader.has_input(2) ? builder_.offset(reader, out, for_all_tokens(reader, 2, out)) : out);
  }

  void gemm(const Reader& reader) {
    reader.require_integer("transA", 0, "write the product as input times weight");
    reader.require(reader.real("alpha", 1) == 1 && (reader.real("beta", 1) == 1 || !reader.has_input(2)),
                   "attributes 'alpha' and 'beta' must be 1; multiply them into the weight and the bias");
    const bool transposed = reader.integer("transB", 0) != 0;
    const Value in = take(reader, 0);
    require_rows(reader, in.rank == 2);
    const Value out = product(reader, in, transposed);
    if (!in.stacked || in.last) return give(reader, with_bias(reader, out, 2));
    give(reader, reader.has_input(2) ? builder_.offset(reader, out, for_all_tokens(reader, 2, out)) : out);
  }

  void matmul(const Reader& reader) {
    if (reader.is_constant(0)) {  // the matrix times each image's rows
      const Value in = take(reader, 1);
      require_rows(reader, in.rank == 3);
      return give(reader, in.last ? builder_.token_mix(reader, in, 0, true)
                                  : builder_.channel_mix(reader, in, 0, true));
    }
    const Value in = take(reader, 0);
    require_rows(reader, in.rank <= 3 || in.last);
    give(reader, product(reader, in, false));
  }

  /// Of the last axis with the weight: the channels, or else the tokens.
  Value product(const Reader& reader, const Value& in, bool transposed) {
    if (in.rank == 2 && !in.stacked) return builder_.linear(reader, in, transposed);
    return in.last ? builder_.channel_mix(reader, in, 1, transposed)
                   : builder_.token_mix(reader, in, 1, transposed);
  }

  static void require_rows(const Reader& reader, bool fits) {
    reader.require(fits, "multiplies a map, must multiply batch x values; flatten or pool the map first");
  }

  Value with_bias(const Reader& reader, const Value& value, std::size_t index) {
    if (!reader.has_input(index)) return value;
    return builder_.offset(reader, value, reader.per_channel(index, "bias", builder_.channels(value)));
  }

  void batch_norm(const Reader& reader) {
    reader.require_integer("spatial", 1, "normalize each channel over its whole map");
    reader.require_integer("training_mode", 0, "export the model in evaluation mode: model.eval()");
    for (std::size_t i = 1; i < reader.node().outputs.size(); ++i)
      reader.require(uses_[reader.node().outputs[i]] == 0,
                     "its statistics are used; export the model in evaluation "
                     "mode: model.eval()");
    const Value in = take(reader, 0);
    reader.require(in.last == in.stacked,
                   "normalizes each token, must normalize each channel; transpose before it");
    const int channels = builder_.channels(in);
    NormState norm{reader.per_channel(1, "scale", channels), reader.per_channel(2, "offset", channels),
                   reader.per_channel(3, "mean", channels), reader.per_channel(4, "variance", channels)};
    const double shift = static_cast<double>(reader.real("epsilon", 1e-5f)) - batch_norm_epsilon;
    for (float& variance : norm.variance) {
      reader.require(variance >= 0, "variance ", name_text(reader.input(4)), " holds the negative value ",
                     variance, "; the file is damaged");
      // 1e-5 itself comes as the nearest float.
      if (shift > 1e-11 || shift < -1e-11) variance = static_cast<float>(std::max(0.0, variance + shift));
    }
    give(reader, builder_.batch_norm(reader, in, std::move(norm)));
  }

  /// With the axes in an attribute of their own: fuse_patterns().
  void layer_norm(const Reader& reader) {
    for (std::size_t i = 1; i < reader.node().outputs.size(); ++i)
      reader.require(uses_[reader.node().outputs[i]] == 0,
                     "its statistics are used; only its result is supported");
    const Value in = take(reader, 0);
    const std::int64_t channel_axis = in.last || in.rank == 2 ? in.rank - 1 : 1;
    const auto fused = reader.integers("axes");
    reader.require(!fused || fused->size() == 1, "has an attribute 'axes'; the file is damaged");
    const std::int64_t given = fused ? fused->front() : reader.integer("axis", -1),
                       axis = given < 0 ? given + in.rank : given;
    reader.require(axis == channel_axis && (fused || axis == in.rank - 1) && (in.last || !in.stacked),
                   "normalizes over axis ", given, " of ", in.rank,
                   ", must be the channels alone: transpose them behind "
                   "the positions");
    const int channels = builder_.channels(in);
    const auto count = static_cast<std::size_t>(channels);
    NormState norm{std::vector<float>(count, 1), std::vector<float>(count, 0), {}, {}};
    if (reader.has_input(1)) norm.gamma = reader.per_channel(1, "scale", channels);
    if (reader.has_input(2)) norm.beta = reader.per_channel(2, "offset", channels);
    const auto epsilon = static_cast<double>(reader.real("epsilon", 1e-5f));
    reader.require(epsilon > 0, "attribute 'epsilon' is ", epsilon, ", must be above 0");
    give(reader, builder_.layer_norm(reader, in, std::move(norm), epsilon));
  }

  void relu(const Reader& reader) {
    give(reader, builder_.activate(reader, take(reader, 0), Activation::relu));
    rectified_.insert(reader.output());
  }
  void gelu(const Reader& reader) {
    const std::string form = reader.string("approximate", "none");
    reader.require(form == "none", "attribute 'approximate' is ", name_text(form),
                   ", must be none; train with the exact GELU");
    give(reader, builder_.activate(reader, take(reader, 0), Activation::gelu));
  }

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
    const Dims& shape = reader.constant(index, "operand").shape;
    const int channels = builder_.channels(value);
    const auto count = element_count(shape).value_or(0);
    const auto holds = [&](std::size_t axis_from_end, std::int64_t size) {
      return shape.size() >= axis_from_end && shape[shape.size() - axis_from_end] == size &&
             count == static_cast<std::uint64_t>(size);
    };
    const bool behind = value.last || value.rank == 2;
    const std::size_t channel_axis = behind ? 1 : value.rank == 3 ? 2 : 3;
    const bool rows_of_channels =
        value.stacked && !value.last;  // of which no operand can hold one number each
    if (count != 1 && value.rank != 4 && builder_.positions(value) > 1 &&
        holds(rows_of_channels || !behind ? 1 : 2, builder_.positions(value)) &&
        !(holds(channel_axis, channels) && !rows_of_channels))
      return for_all_tokens(reader, index, value);
    reader.require(count == 1 || (holds(channel_axis, channels) && !rows_of_channels), "operand ",
                   name_text(reader.input(index)), " has shape ", text_of(shape),
                   ", must hold one number for each of ", channels, " channels");
    return reader.per_channel(index, "operand", channels);
  }

  /// The one number of a constant that has the same for each token.
  std::vector<float> for_all_tokens(const Reader& reader, std::size_t index, const Value& value) const {
    const std::vector<float> values = reader.reals(index, "operand");
    const bool same = std::all_of(values.begin(), values.end(), [&](float v) { return v == values[0]; });
    reader.require(
        !values.empty() && same, "operand ", name_text(reader.input(index)),
        " holds another number for each token, must hold one for each channel; train layers that mix "
        "tokens with bias=False");
    return std::vector<float>(static_cast<std::size_t>(builder_.channels(value)), values[0]);
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

  void global_pool(const Reader& reader) {
    const Value in = take(reader, 0);
    reader.require(!in.last,
                   "averages over the channels, must average over the positions; transpose before it");
    give(reader, builder_.global_pool(reader, in));
  }

  /// Those of the positions, in the order that ONNX sees.
  static Dims position_axes(const Value& value) {
    if (value.rank == 3) return {value.last ? 1 : 2};
    return value.last ? Dims{1, 2} : Dims{2, 3};
  }
  static Dims sorted_axes(const Reader& reader, const Value& in, const Dims& otherwise) {
    Dims axes = reader.axes().value_or(otherwise);
    for (std::int64_t& axis : axes) axis += axis < 0 ? in.rank : 0;
    std::sort(axes.begin(), axes.end());
    return axes;
  }

  void reduce_mean(const Reader& reader) {
    const Value in = take(reader, 0);
    const Dims axes = sorted_axes(reader, in, {}), wanted = position_axes(in);
    reader.require(axes == wanted, "averages over axes ", text_of(axes), ", must be ", text_of(wanted),
                   ": the positions of a map");
    const Value value = builder_.global_pool(reader, in);
    give(reader, reader.integer("keepdims", 1) == 0 ? builder_.flattened(reader, value, 2) : value);
  }

  void flatten(const Reader& reader) {
    const Value in = take(reader, 0);
    const Dims dims = builder_.dims(in);
    const std::int64_t given = reader.integer("axis", 1), axis = given < 0 ? given + in.rank : given;
    const auto ones = [](std::int64_t size) { return size == 1; };
    const bool fits = axis >= 0 && axis <= in.rank &&
                      (axis == 0 ? dims[0] == 1 : std::all_of(dims.begin() + 1, dims.begin() + axis, ones));
    reader.require(fits, "attribute 'axis' is ", given, ", must be 1; flatten from the channels on");
    give(reader, in.stacked ? in : builder_.flattened(reader, in, 2));
  }

  void reshape(const Reader& reader) {
    const Dims* computed = reader.has_input(1) ? shapes_.find(reader.input(1)) : nullptr;
    const Dims shape = computed != nullptr ? *computed : reader.constant_integers(1, "shape");
    reader.require_integer("allowzero", 0, "use 0 for a size that stays");
    give(reader, builder_.reshape(reader, take(reader, 0), shape));
  }

  void transpose(const Reader& reader) {
    const Value in = take(reader, 0);
    give(reader, builder_.transpose(reader, in, reader.integers("perm").value_or(Dims{})));
  }

  void shape(const Reader& reader) {
    reader.require(reader.integer("start", 0) == 0 && !reader.integers("end"),
                   "takes a part of a shape; export with an operator set before 15");
    shapes_.set(reader.output(), builder_.dims(take(reader, 0)));
  }

  void squeeze(const Reader& reader) {
    const Value in = take(reader, 0);
    const Dims axes = sorted_axes(reader, in, position_axes(in));
    reader.require(in.rank > 2 && axes == position_axes(in) && builder_.is_vector(in), "drops axes ",
                   text_of(axes), ", must drop the positions of a map of one position");
    give(reader, builder_.flattened(reader, in, 2));
  }

  void pass(const Reader& reader) {
    if (const NamedTensor* tensor = constants_.find(reader.input(0))) {
      constants_.add(reader.output(), *tensor);
      return;
    }
    give(reader, take(reader, 0));
  }

  void dropout(const Reader& reader) {
    if (reader.has_input(2))
      reader.require(reader.constant_integers(2, "training mode") == Dims{0},
                     "drops values; export the model in evaluation mode: model.eval()");
    pass(reader);
  }

  void pad(const Reader& reader) {
    const Value in = take(reader, 0);
    reader.require(in.rank == 4 && !in.last && !in.merged, "must pad a map of batch x C x H x W");
    for (const OnnxValue& output : model_.outputs)
      reader.require(output.name != reader.output(), "pads the network's output; remove the node");
    fold_padding(reader, readers_[reader.output()], rectified_.count(reader.input(0)) != 0);
  }

  /// Between floating-point types; the network is computed as if without.
  void cast(const Reader& reader) {
    constexpr std::int64_t f32 = 1, f16 = 10, f64 = 11, bf16 = 16;
    const std::int64_t to = reader.integer("to", 0);
    reader.require(to == f32 || to == f16 || to == f64 || to == bf16, "casts to element type ", to,
                   ", must be a floating-point type; export the model before it is quantized");
    if (reader.is_constant(0)) reader.reals(0, "operand");
    pass(reader);
  }

  void constant(const Reader& reader) {
    const auto& attributes = reader.node().attributes;
    const auto whole = reader.integers("value_ints");
    if (whole || attributes.count("value_int") != 0) {
      const Dims values = whole.value_or(Dims{reader.integer("value_int", 0)});
      const Dims shape = whole ? Dims{static_cast<std::int64_t>(values.size())} : Dims{};
      return constants_.add(reader.output(), NamedTensor::of_integers(shape, values));
    }
    const auto reals = attributes.find("value_floats");
    if (const auto* values =
            reals == attributes.end() ? nullptr : std::get_if<std::vector<float>>(&reals->second))
      return constants_.add(reader.output(),
                            NamedTensor::of_floats({static_cast<std::int64_t>(values->size())}, *values));
    if (attributes.count("value_float") != 0)
      return constants_.add(reader.output(), NamedTensor::of_floats({}, {reader.real("value_float", 0)}));
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
  OnnxShapeValues shapes_;
  std::vector<OnnxNode> nodes_;  // the model's, fused
  std::map<std::string, Value> values_;
  std::map<std::string, std::size_t> uses_;
  std::map<std::string, std::vector<OnnxNode*>> readers_;  // but those of a shape
  std::set<std::string> rectified_;                        // what a ReLU makes
};

}  // namespace

ImportedNetwork import_onnx(const OnnxModel& model, const std::string& origin) {
  return Importer(model, origin).run();
}

}  // namespace wd::algo
