// SPDX-License-Identifier: Apache-2.0
// For tests: makes ONNX models of a few operators with random constants.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "algo/interchange/onnx_file.hpp"
#include "algo/interchange/plain_forward.hpp"

namespace wd::algo {

/// An ONNX model, one operator after the other.
struct OnnxModelMaker {
  using Ints = std::vector<std::int64_t>;
  using Attributes = std::map<std::string, OnnxAttribute>;

  OnnxModel onnx;
  std::uint64_t seed = 1;

  explicit OnnxModelMaker(Dims input = {-1, 2, 4, 4}) {
    onnx.inputs.push_back({"x", DType::f32, std::move(input)});
  }

  std::string constant(const std::string& name, Dims shape, double centre = 0) {
    const auto count = static_cast<std::size_t>(element_count(shape).value());
    onnx.initializers.add(
        name, NamedTensor::of_floats(std::move(shape), random_floats(++seed, count, 0.5, centre)));
    return name;
  }
  std::string shape(const std::string& name, const Ints& values) {
    onnx.initializers.add(name, NamedTensor::of_integers({static_cast<std::int64_t>(values.size())}, values));
    return name;
  }
  std::string op(const std::string& op, const std::string& name, std::vector<std::string> inputs,
                 Attributes attributes = {}) {
    onnx.nodes.push_back({name, op, std::move(inputs), {name + "_out"}, std::move(attributes)});
    return name + "_out";
  }
  std::string conv(const std::string& name, const std::string& x, int in, int out,
                   Attributes attributes = {}) {
    attributes.emplace("pads", Ints{1, 1, 1, 1});
    return op("Conv", name, {x, constant(name + ".weight", {out, in, 3, 3})}, std::move(attributes));
  }
  std::string batch_norm(const std::string& name, const std::string& x, int channels,
                         Attributes attributes = {}) {
    return op("BatchNormalization", name,
              {x, constant(name + ".g", {channels}, 1), constant(name + ".b", {channels}),
               constant(name + ".m", {channels}), constant(name + ".v", {channels}, 1)},
              std::move(attributes));
  }
  /// Flatten and Gemm to 3 scores.
  OnnxModel& scores(const std::string& x, int values) {
    const std::string flat = op("Flatten", "flat", {x}, {{"axis", std::int64_t{1}}});
    return ends(op("Gemm", "fc", {flat, constant("fc.weight", {3, values})}, {{"transB", std::int64_t{1}}}));
  }
  OnnxModel& ends(const std::string& y) {
    onnx.outputs.push_back({y, DType::f32, Dims{-1, 3}});
    return onnx;
  }
  std::vector<float> floats(const std::string& name) const {
    return onnx.initializers.get(name, "model").to_floats();
  }
};

}  // namespace wd::algo
