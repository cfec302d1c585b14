// SPDX-License-Identifier: Apache-2.0
// Reads and writes ONNX model files as a plain graph: nodes, attributes, initializers, inputs, outputs.
//
// Shape     nodes in execution order; a value has one producer. -1 stands for any size (the batch).
// Units     a file of at most 2 GiB (protobuf's limit), operator sets 9 to 17; 13 is written.
// Errors    no ONNX model, another operator set or format version, tensors in other files, operators of
//           another domain, types and values that do not fit, names given twice or never: wd::Error naming
//           file, node or tensor, and what to do.
// Not       what operators mean: import_onnx.hpp. Subgraphs, functions, sparse and string tensors.
// Source    onnx.proto of ONNX 1.12 (libonnx-dev)
// Test      onnx_file_test.cpp (ONNX's own checker)
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "algo/interchange/named_tensors.hpp"
#include "base/files.hpp"

namespace wd::algo {

inline constexpr int oldest_opset = 7, newest_opset = 21, written_opset = 13;

struct OnnxValue {
  std::string name;
  std::optional<DType> dtype;
  std::optional<Dims> shape;  // absent: not stated
};

using OnnxAttribute = std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>,
                                   std::vector<float>, NamedTensor>;

struct OnnxNode {
  std::string name, op;
  std::vector<std::string> inputs, outputs;  // "": not given
  std::map<std::string, OnnxAttribute> attributes;
};

struct OnnxModel {
  std::string graph_name, producer;
  int opset = written_opset;
  std::vector<OnnxNode> nodes;
  NamedTensors initializers;  // and the file's metadata
  std::vector<OnnxValue> inputs, outputs;
};

/// "node 'conv1' (Conv)": for messages. Nodes without a name are called by their first output.
std::string text_of(const OnnxNode& node);

OnnxModel read_onnx(const std::filesystem::path& path);
/// @param origin the name that messages use for these bytes.
OnnxModel parse_onnx(std::span<const std::uint8_t> bytes, const std::string& origin);

Bytes serialize_onnx(const OnnxModel& model);
void write_onnx(const OnnxModel& model, const std::filesystem::path& path);

}  // namespace wd::algo
