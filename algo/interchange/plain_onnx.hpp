// SPDX-License-Identifier: Apache-2.0
// For tests: runs an ONNX graph in plain FP64 loops, operator by operator, for one image.
//
// Numerics  as the operator definitions of ONNX 1.12 say; only the operators that the export writes.
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
    for (const auto& [name, tensor] : model.initializers.all()) {
      const std::vector<float> floats = tensor.to_floats();
      arrays_[name] = {tensor.shape, {floats.begin(), floats.end()}};
    }
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
    if (op == "ReduceMean") return mean_of_channels(node);
    if (op == "Relu") return each(in(node, 0), [](double x) { return maximum(x, 0); });
    if (op == "Sqrt") return each(in(node, 0), [](double x) { return std::sqrt(x); });
    if (op == "Erf") return each(in(node, 0), [](double x) { return std::erf(x); });
    if (op == "Add") return pairs(node, [](double x, double y) { return x + y; });
    if (op == "Sub") return pairs(node, [](double x, double y) { return x - y; });
    if (op == "Mul") return pairs(node, [](double x, double y) { return x * y; });
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
    const PlainArray &x = in(node, 0), &w = in(node, 1);
    REQUIRE(integer(node, "transB", 0) == 1);
    REQUIRE(x.shape == Dims{1, w.shape[1]});
    PlainArray out{{1, w.shape[0]}, {}};
    for (std::int64_t o = 0; o < w.shape[0]; ++o) {
      double sum = node.inputs.size() > 2 ? in(node, 2).values.at(static_cast<std::size_t>(o)) : 0;
      for (std::int64_t i = 0; i < w.shape[1]; ++i)
        sum += w.values[static_cast<std::size_t>(o * w.shape[1] + i)] * x.values[static_cast<std::size_t>(i)];
      out.values.push_back(sum);
    }
    return out;
  }

  static PlainArray matmul(const PlainArray& x, const PlainArray& w) {
    REQUIRE(x.shape.size() == 3);
    REQUIRE(x.shape[2] == w.shape[0]);
    PlainArray out{{1, x.shape[1], w.shape[1]}, {}};
    for (std::int64_t row = 0; row < x.shape[1]; ++row)
      for (std::int64_t o = 0; o < w.shape[1]; ++o) {
        double sum = 0;
        for (std::int64_t i = 0; i < w.shape[0]; ++i)
          sum += x.values[static_cast<std::size_t>(row * x.shape[2] + i)] *
                 w.values[static_cast<std::size_t>(i * w.shape[1] + o)];
        out.values.push_back(sum);
      }
    return out;
  }

  static PlainArray reshape(const PlainArray& x, const PlainArray& shape) {
    PlainArray out{{}, x.values};
    for (std::size_t axis = 0; axis < shape.values.size(); ++axis)
      out.shape.push_back(shape.values[axis] == 0 ? x.shape.at(axis)
                                                  : static_cast<std::int64_t>(shape.values[axis]));
    REQUIRE(count(out.shape) == count(x.shape));
    return out;
  }

  PlainArray mean_of_channels(const OnnxNode& node) const {
    const PlainArray& x = in(node, 0);
    REQUIRE(integers(node, "axes") == Ints{1});
    const auto channels = static_cast<std::size_t>(x.shape[1]), positions = x.values.size() / channels;
    PlainArray out{{1, 1, x.shape[2], x.shape[3]}, std::vector<double>(positions)};
    for (std::size_t i = 0; i < x.values.size(); ++i)
      out.values[i % positions] += x.values[i] / static_cast<double>(channels);
    return out;
  }

  const OnnxModel& model_;
  std::map<std::string, PlainArray> arrays_;
};

}  // namespace wd::algo
