// SPDX-License-Identifier: Apache-2.0
// Computes the shapes that exporters derive from other shapes while the model runs: Shape, Slice, Gather,
// Concat.
//
// Shape     one-dimensional; a batch that is not fixed is any_batch.
// Errors    other operators on shapes, places outside: wd::Error naming the ONNX node.
// Test      import_onnx_tokens_test.cpp
#pragma once

#include <map>
#include <string>

#include "algo/interchange/onnx_graph_builder.hpp"

namespace wd::algo {

class OnnxShapeValues {
 public:
  void set(const std::string& name, Dims shape) { shapes_[name] = std::move(shape); }
  const Dims* find(const std::string& name) const;
  /// @return false if the node reads no shape
  bool evaluate(const OnnxNodeReader& reader);

 private:
  Dims slice(const OnnxNodeReader& reader, const Dims& shape) const;
  Dims gather(const OnnxNodeReader& reader, const Dims& shape) const;
  Dims concat(const OnnxNodeReader& reader) const;

  std::map<std::string, Dims> shapes_;
};

}  // namespace wd::algo
