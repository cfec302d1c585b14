// SPDX-License-Identifier: Apache-2.0
// For tests: runs an ONNX graph in plain FP64 loops, operator by operator, for one image.
//
// Numerics  as the operator definitions of ONNX 1.12 (Gelu: 1.15) say; only the operators that the export
//           writes and those of networks of tokens.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "algo/interchange/onnx_file.hpp"
#include "base/error.hpp"

namespace wd::algo {

struct PlainArray {
  Dims shape;
  std::vector<double> values;
};

class PlainOnnx {
 public:
  explicit PlainOnnx(const OnnxModel& model) : model_(model) {
    for (const auto& [name, tensor] : model.initializers.all()) arrays_[name] = array_of(tensor);
  }

  std::vector<double> run(const std::vector<double>& image) {
    Dims shape = *model_.inputs.at(0).shape;
    shape[0] = 1;
    arrays_[model_.inputs[0].name] = {shape, image};
    for (const OnnxNode& node : model_.nodes) arrays_[node.outputs[0]] = result_of(node);
    return arrays_.at(model_.outputs.at(0).name).values;
  }

 private:
  using Ints = std::vector<std::int64_t>;

  static PlainArray array_of(const NamedTensor& tensor) {
    const std::vector<float> floats = tensor.to_floats();
    return {tensor.shape, {floats.begin(), floats.end()}};
  }
  const PlainArray& in(const OnnxNode& node, std::size_t index) const {
    return arrays_.at(node.inputs.at(index));
  }
  static std::int64_t integer(const OnnxNode& node, const std::string& name, std::int64_t otherwise) {
    const auto found = node.attributes.find(name);
    return found == node.attributes.end() ? otherwise : std::get<std::int64_t>(found->second);
  }
  static Ints integers(const OnnxNode& node, const std::string& name) {
    return std::get<Ints>(node.attributes.at(name));
  }
  static double maximum(double a, double b) { return std::max(a, b); }

  PlainArray result_of(const OnnxNode& node) {
    const std::string& op = node.op;
    if (op == "Conv") return conv(node);
    if (op == "BatchNormalization") return batch_norm(node);
    if (op == "MaxPool" || op == "AveragePool" || op == "GlobalAveragePool") return pool(node);
    if (op == "Gemm") return gemm(node);
    if (op == "MatMul") return matmul(in(node, 0), in(node, 1));
    if (op == "Flatten") return {{1, count(in(node, 0).shape)}, in(node, 0).values};
    if (op == "Reshape") return reshape(in(node, 0), in(node, 1));
    if (op == "ReduceMean") return reduce_mean(node);
    if (op == "Transpose") return transpose(in(node, 0), integers(node, "perm"));
    if (op == "LayerNormalization") return layer_norm(node);
    if (op == "Gelu")
      return each(in(node, 0), [](double x) { return x * (1 + std::erf(x / std::sqrt(2.0))) / 2; });
    if (op == "Constant") return array_of(std::get<NamedTensor>(node.attributes.at("value")));
    if (op == "Identity" || op == "Cast") return in(node, 0);
    if (op == "Pad") return pad(node);
    if (op == "Shape") return shape_of(in(node, 0));
    if (op == "Slice") return slice(node);
    if (op == "Gather") return gather(node);
    if (op == "Unsqueeze") return {{1}, in(node, 0).values};
    if (op == "Concat") return concat(node);
    if (op == "Relu") return each(in(node, 0), [](double x) { return maximum(x, 0); });
    if (op == "Sqrt") return each(in(node, 0), [](double x) { return std::sqrt(x); });
    if (op == "Erf") return each(in(node, 0), [](double x) { return std::erf(x); });
    if (op == "Add") return pairs(node, [](double x, double y) { return x + y; });
    if (op == "Sub") return pairs(node, [](double x, double y) { return x - y; });
    if (op == "Mul") return pairs(node, [](double x, double y) { return x * y; });
    if (op == "Pow") return pairs(node, [](double x, double y) { return std::pow(x, y); });
    if (op == "Div") return pairs(node, [](double x, double y) { return x / y; });
    fail("plain ONNX: operator ", op);
  }

  static std::int64_t count(const Dims& shape) {
    return static_cast<std::int64_t>(element_count(shape).value());
  }

  static PlainArray each(PlainArray array, const std::function<double(double)>& apply) {
    for (double& value : array.values) value = apply(value);
    return array;
  }

  /// NumPy's broadcasting.
  PlainArray pairs(const OnnxNode& node, const std::function<double(double, double)>& apply) const {
    const PlainArray &a = in(node, 0), &b = in(node, 1);
    PlainArray out;
    const std::size_t rank = std::max(a.shape.size(), b.shape.size());
    for (std::size_t axis = 0; axis < rank; ++axis)
      out.shape.push_back(std::max(size(a, axis, rank), size(b, axis, rank)));
    for (std::int64_t i = 0; i < count(out.shape); ++i)
      out.values.push_back(apply(element(a, i, out.shape), element(b, i, out.shape)));
    return out;
  }
  static std::int64_t size(const PlainArray& array, std::size_t axis, std::size_t rank) {
    const std::size_t missing = rank - array.shape.size();
    return axis < missing ? 1 : array.shape[axis - missing];
  }
  static double element(const PlainArray& array, std::int64_t place, const Dims& shape) {
    std::int64_t index = 0, step = 1;
    for (std::size_t axis = shape.size(); axis-- > 0; place /= shape[axis]) {
      const std::int64_t own = size(array, axis, shape.size());
      REQUIRE((own == 1 || own == shape[axis]));
      index += own == 1 ? 0 : place % shape[axis] * step;
      step *= own;
    }
    return array.values.at(static_cast<std::size_t>(index));
  }

  PlainArray conv(const OnnxNode& node) const {
    if (in(node, 0).shape.size() == 3) return conv_of_rows(node);
    const PlainArray &x = in(node, 0), &w = in(node, 1);
    const Ints pads = integers(node, "pads"), strides = integers(node, "strides");
    REQUIRE(x.shape[1] == w.shape[1]);
    PlainArray out{{1, w.shape[0], (x.shape[2] + pads[0] + pads[2] - w.shape[2]) / strides[0] + 1,
                    (x.shape[3] + pads[1] + pads[3] - w.shape[3]) / strides[1] + 1},
                   {}};
    for (std::int64_t o = 0; o < out.shape[1]; ++o)
      for (std::int64_t y = 0; y < out.shape[2]; ++y)
        for (std::int64_t z = 0; z < out.shape[3]; ++z) {
          double sum = node.inputs.size() > 2 ? in(node, 2).values.at(static_cast<std::size_t>(o)) : 0;
          for (std::int64_t i = 0; i < w.shape[1]; ++i)
            for (std::int64_t ky = 0; ky < w.shape[2]; ++ky)
              for (std::int64_t kz = 0; kz < w.shape[3]; ++kz) {
                const std::int64_t v = y * strides[0] + ky - pads[0], h = z * strides[1] + kz - pads[1];
                if (v < 0 || h < 0 || v >= x.shape[2] || h >= x.shape[3]) continue;
                sum += w.values[static_cast<std::size_t>(
                           ((o * w.shape[1] + i) * w.shape[2] + ky) * w.shape[3] + kz)] *
                       x.values[static_cast<std::size_t>((i * x.shape[2] + v) * x.shape[3] + h)];
              }
          out.values.push_back(sum);
        }
    return out;
  }

  /// batch x I x N with a kernel of one: O x I x 1.
  PlainArray conv_of_rows(const OnnxNode& node) const {
    const PlainArray& w = in(node, 1);
    REQUIRE((w.shape.size() == 3 && w.shape[2] == 1));
    PlainArray out = matmul({{w.shape[0], w.shape[1]}, w.values}, in(node, 0));
    for (std::size_t i = 0; node.inputs.size() > 2 && i < out.values.size(); ++i)
      out.values[i] += in(node, 2).values.at(i / static_cast<std::size_t>(out.shape[2]));
    return out;
  }

  PlainArray batch_norm(const OnnxNode& node) const {
    PlainArray out = in(node, 0);
    const auto channels = static_cast<std::size_t>(out.shape[1]), positions = out.values.size() / channels;
    const double epsilon = static_cast<double>(std::get<float>(node.attributes.at("epsilon")));
    for (std::size_t i = 0; i < out.values.size(); ++i) {
      const std::size_t c = i / positions;
      out.values[i] = (out.values[i] - in(node, 3).values.at(c)) /
                          std::sqrt(in(node, 4).values.at(c) + epsilon) * in(node, 1).values.at(c) +
                      in(node, 2).values.at(c);
    }
    return out;
  }

  PlainArray pool(const OnnxNode& node) const {
    const PlainArray& x = in(node, 0);
    const bool global = node.op == "GlobalAveragePool", average = node.op != "MaxPool";
    const Ints kernel = global ? Ints{x.shape[2], x.shape[3]} : integers(node, "kernel_shape");
    const Ints pads = global ? Ints{0, 0, 0, 0} : integers(node, "pads");
    const Ints strides = global ? Ints{1, 1} : integers(node, "strides");
    if (node.op == "AveragePool") REQUIRE(integer(node, "count_include_pad", 0) == 1);
    PlainArray out{{1, x.shape[1], (x.shape[2] + pads[0] + pads[2] - kernel[0]) / strides[0] + 1,
                    (x.shape[3] + pads[1] + pads[3] - kernel[1]) / strides[1] + 1},
                   {}};
    for (std::int64_t c = 0; c < out.shape[1]; ++c)
      for (std::int64_t y = 0; y < out.shape[2]; ++y)
        for (std::int64_t z = 0; z < out.shape[3]; ++z) {
          double sum = 0, most = -std::numeric_limits<double>::infinity();
          for (std::int64_t ky = 0; ky < kernel[0]; ++ky)
            for (std::int64_t kz = 0; kz < kernel[1]; ++kz) {
              const std::int64_t v = y * strides[0] + ky - pads[0], h = z * strides[1] + kz - pads[1];
              if (v < 0 || h < 0 || v >= x.shape[2] || h >= x.shape[3]) continue;
              const double value = x.values[static_cast<std::size_t>((c * x.shape[2] + v) * x.shape[3] + h)];
              sum += value;
              most = maximum(most, value);
            }
          out.values.push_back(average ? sum / static_cast<double>(kernel[0] * kernel[1]) : most);
        }
    return out;
  }

  PlainArray gemm(const OnnxNode& node) const {
    const PlainArray& w = in(node, 1);
    PlainArray out = matmul(in(node, 0), integer(node, "transB", 0) == 1 ? transpose(w, {1, 0}) : w);
    REQUIRE(out.shape.size() == 2);
    for (std::size_t i = 0; node.inputs.size() > 2 && i < out.values.size(); ++i)
      out.values[i] += in(node, 2).values.at(i % static_cast<std::size_t>(out.shape[1]));
    return out;
  }

  /// NumPy's: matrices in the last two axes, the axes before broadcast.
  static PlainArray matmul(const PlainArray& x, const PlainArray& w) {
    const std::size_t a = x.shape.size(), b = w.shape.size();
    REQUIRE((a >= 2 && b >= 2));
    const std::int64_t rows = x.shape[a - 2], inner = x.shape[a - 1], columns = w.shape[b - 1];
    REQUIRE(w.shape[b - 2] == inner);
    const std::int64_t many = count(x.shape) / (rows * inner), others = count(w.shape) / (inner * columns);
    REQUIRE((many == others || many == 1 || others == 1));
    const Dims& longer = a >= b ? x.shape : w.shape;
    PlainArray out{{longer.begin(), longer.end() - 2}, {}};
    out.shape.insert(out.shape.end(), {rows, columns});
    for (std::int64_t n = 0; n < std::max(many, others); ++n)
      for (std::int64_t row = 0; row < rows; ++row)
        for (std::int64_t o = 0; o < columns; ++o) {
          double sum = 0;
          for (std::int64_t i = 0; i < inner; ++i)
            sum += x.values[static_cast<std::size_t>(((many == 1 ? 0 : n) * rows + row) * inner + i)] *
                   w.values[static_cast<std::size_t>(((others == 1 ? 0 : n) * inner + i) * columns + o)];
          out.values.push_back(sum);
        }
    return out;
  }

  static PlainArray reshape(const PlainArray& x, const PlainArray& shape) {
    PlainArray out{{}, x.values};
    std::int64_t known = 1;
    for (std::size_t axis = 0; axis < shape.values.size(); ++axis) {
      out.shape.push_back(shape.values[axis] == 0 ? x.shape.at(axis)
                                                  : static_cast<std::int64_t>(shape.values[axis]));
      known *= out.shape.back() == -1 ? 1 : out.shape.back();
    }
    for (std::int64_t& size : out.shape)
      if (size == -1) size = count(x.shape) / known;
    REQUIRE(count(out.shape) == count(x.shape));
    return out;
  }

  static PlainArray transpose(const PlainArray& x, const Ints& order) {
    PlainArray out;
    for (const std::int64_t axis : order) out.shape.push_back(x.shape.at(static_cast<std::size_t>(axis)));
    for (std::int64_t place = 0; place < count(out.shape); ++place) {
      Ints index(order.size());
      std::int64_t rest = place, from = 0;
      for (std::size_t axis = order.size(); axis-- > 0; rest /= out.shape[axis])
        index[static_cast<std::size_t>(order[axis])] = rest % out.shape[axis];
      for (std::size_t axis = 0; axis < order.size(); ++axis) from = from * x.shape[axis] + index[axis];
      out.values.push_back(x.values.at(static_cast<std::size_t>(from)));
    }
    return out;
  }

  PlainArray reduce_mean(const OnnxNode& node) const {
    const PlainArray& x = in(node, 0);
    Ints axes = integers(node, "axes");
    PlainArray out{x.shape, {}};
    for (std::int64_t& axis : axes) {
      axis += axis < 0 ? static_cast<std::int64_t>(x.shape.size()) : 0;
      out.shape.at(static_cast<std::size_t>(axis)) = 1;
    }
    out.values.resize(static_cast<std::size_t>(count(out.shape)));
    for (std::int64_t place = 0; place < count(x.shape); ++place) {
      std::int64_t rest = place, to = 0, step = 1;
      for (std::size_t axis = x.shape.size(); axis-- > 0; rest /= x.shape[axis]) {
        to += out.shape[axis] == 1 ? 0 : rest % x.shape[axis] * step;
        step *= out.shape[axis];
      }
      out.values[static_cast<std::size_t>(to)] += x.values[static_cast<std::size_t>(place)] *
                                                  static_cast<double>(count(out.shape)) /
                                                  static_cast<double>(count(x.shape));
    }
    if (integer(node, "keepdims", 1) == 0) {
      std::sort(axes.begin(), axes.end());
      for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) out.shape.erase(out.shape.begin() + *axis);
    }
    return out;
  }

  /// Over the last axis.
  PlainArray layer_norm(const OnnxNode& node) const {
    PlainArray out = in(node, 0);
    const std::int64_t axis = integer(node, "axis", -1);
    REQUIRE((axis == -1 || axis == static_cast<std::int64_t>(out.shape.size()) - 1));
    const auto found = node.attributes.find("epsilon");
    const double epsilon =
        found == node.attributes.end() ? 1e-5 : static_cast<double>(std::get<float>(found->second));
    const auto channels = static_cast<std::size_t>(out.shape.back());
    for (std::size_t first = 0; first < out.values.size(); first += channels) {
      double mean = 0, variance = 0;
      for (std::size_t c = 0; c < channels; ++c)
        mean += out.values[first + c] / static_cast<double>(channels);
      for (std::size_t c = 0; c < channels; ++c)
        variance += std::pow(out.values[first + c] - mean, 2) / static_cast<double>(channels);
      for (std::size_t c = 0; c < channels; ++c)
        out.values[first + c] =
            (out.values[first + c] - mean) / std::sqrt(variance + epsilon) * in(node, 1).values.at(c) +
            (node.inputs.size() > 2 ? in(node, 2).values.at(c) : 0);
    }
    return out;
  }

  /// Zeros around the last two of four axes.
  PlainArray pad(const OnnxNode& node) const {
    const PlainArray& x = in(node, 0);
    const Ints pads = integers(node, "pads");
    PlainArray out{{x.shape[0], x.shape[1], pads[2] + x.shape[2] + pads[6], pads[3] + x.shape[3] + pads[7]},
                   {}};
    for (std::int64_t c = 0; c < x.shape[1]; ++c)
      for (std::int64_t y = -pads[2]; y < x.shape[2] + pads[6]; ++y)
        for (std::int64_t z = -pads[3]; z < x.shape[3] + pads[7]; ++z) {
          const bool inside = y >= 0 && z >= 0 && y < x.shape[2] && z < x.shape[3];
          out.values.push_back(
              inside ? x.values.at(static_cast<std::size_t>((c * x.shape[2] + y) * x.shape[3] + z)) : 0);
        }
    return out;
  }

  static PlainArray shape_of(const PlainArray& x) {
    return {{static_cast<std::int64_t>(x.shape.size())}, {x.shape.begin(), x.shape.end()}};
  }
  PlainArray slice(const OnnxNode& node) const {
    const auto start = static_cast<std::ptrdiff_t>(in(node, 1).values.at(0)),
               end = static_cast<std::ptrdiff_t>(in(node, 2).values.at(0));
    const std::vector<double>& x = in(node, 0).values;
    return {{end - start}, {x.begin() + start, x.begin() + end}};
  }
  PlainArray gather(const OnnxNode& node) const {
    return {{}, {in(node, 0).values.at(static_cast<std::size_t>(in(node, 1).values.at(0)))}};
  }
  PlainArray concat(const OnnxNode& node) const {
    PlainArray out;
    for (std::size_t i = 0; i < node.inputs.size(); ++i)
      out.values.insert(out.values.end(), in(node, i).values.begin(), in(node, i).values.end());
    out.shape = {static_cast<std::int64_t>(out.values.size())};
    return out;
  }

  const OnnxModel& model_;
  std::map<std::string, PlainArray> arrays_;
};

}  // namespace wd::algo
