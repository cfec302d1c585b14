// SPDX-License-Identifier: Apache-2.0
#include "algo/interchange/onnx_shape_values.hpp"

#include <algorithm>

namespace wd::algo {

const Dims* OnnxShapeValues::find(const std::string& name) const {
  const auto found = shapes_.find(name);
  return found == shapes_.end() ? nullptr : &found->second;
}

bool OnnxShapeValues::evaluate(const OnnxNodeReader& reader) {
  const OnnxNode& node = reader.node();
  if (std::none_of(node.inputs.begin(), node.inputs.end(),
                   [&](const std::string& input) { return find(input) != nullptr; }) ||
      node.op == "Reshape")
    return false;
  if (node.op == "Concat") {
    set(reader.output(), concat(reader));
    return true;
  }
  const Dims* shape = find(reader.input(0));
  const bool same =
      node.op == "Identity" || node.op == "Cast" || node.op == "Unsqueeze" || node.op == "Squeeze";
  reader.require(
      shape != nullptr && (same || node.op == "Slice" || node.op == "Gather"),
      "computes with a shape; export with a fixed image size and without dynamic axes but the batch");
  set(reader.output(), same                 ? Dims(*shape)
                       : node.op == "Slice" ? slice(reader, *shape)
                                            : gather(reader, *shape));
  return true;
}

Dims OnnxShapeValues::slice(const OnnxNodeReader& reader, const Dims& shape) const {
  const auto bound = [&](std::size_t input, const char* attribute) {
    const auto values = reader.has_input(input) ? reader.constant_integers(input, attribute)
                                                : reader.integers(attribute).value_or(Dims{});
    reader.require(values.size() == 1, "has ", values.size(), " ", attribute, ", a shape has one axis");
    const auto size = static_cast<std::int64_t>(shape.size());
    return std::clamp<std::int64_t>(values[0] < 0 ? values[0] + size : values[0], 0, size);
  };
  reader.require(!reader.has_input(4) || reader.constant_integers(4, "steps") == Dims{1},
                 "takes a shape's sizes in steps, must take them one by one");
  const std::int64_t start = bound(1, "starts"), end = std::max(start, bound(2, "ends"));
  return {shape.begin() + start, shape.begin() + end};
}

Dims OnnxShapeValues::gather(const OnnxNodeReader& reader, const Dims& shape) const {
  const auto size = static_cast<std::int64_t>(shape.size());
  Dims out;
  for (const std::int64_t index : reader.constant_integers(1, "indices")) {
    const std::int64_t place = index < 0 ? index + size : index;
    reader.require(place >= 0 && place < size, "takes size ", index, " of a shape of ", size,
                   "; the file is damaged");
    out.push_back(shape[static_cast<std::size_t>(place)]);
  }
  return out;
}

Dims OnnxShapeValues::concat(const OnnxNodeReader& reader) const {
  constexpr std::size_t most_axes = 16;
  Dims out;
  for (std::size_t i = 0; i < reader.node().inputs.size(); ++i) {
    const Dims* shape = find(reader.input(i));
    const Dims part = shape != nullptr ? *shape : reader.constant_integers(i, "sizes");
    out.insert(out.end(), part.begin(), part.end());
    reader.require(out.size() <= most_axes, "makes a shape of more than ", most_axes, " axes");
  }
  return out;
}

}  // namespace wd::algo
