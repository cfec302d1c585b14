// SPDX-License-Identifier: Apache-2.0
#include "algo/interchange/onnx_file.hpp"

#include <google/protobuf/stubs/logging.h>
#include <onnx/onnx_pb.h>

#include <limits>
#include <set>

#include "algo/interchange/onnx_tensor.hpp"
#include "base/error.hpp"
#include "base/sized_file.hpp"

namespace wd::algo {

namespace {

using onnx::AttributeProto;
using onnx::ModelProto;

// Later format versions only add element types, which are refused by themselves.
constexpr std::int64_t oldest_format = 3, newest_format = 10;

int opset_of(const ModelProto& proto, const std::string& origin) {
  std::int64_t opset = 0;
  for (const auto& import : proto.opset_import())
    if (import.domain().empty() || import.domain() == "ai.onnx") opset = import.version();
  WD_REQUIRE(opset >= oldest_opset && opset <= newest_opset, origin, ": is of operator set ", opset,
             ", sets ", oldest_opset, " to ", newest_opset,
             " are read; export it again with opset_version=", written_opset,
             " or convert it with onnx.version_converter");
  return static_cast<int>(opset);
}

OnnxAttribute take_attribute(AttributeProto& proto, const std::string& what) {
  switch (proto.type()) {
    case AttributeProto::INT:
      return proto.i();
    case AttributeProto::FLOAT:
      return proto.f();
    case AttributeProto::STRING:
      return proto.s();
    case AttributeProto::INTS:
      return std::vector<std::int64_t>(proto.ints().begin(), proto.ints().end());
    case AttributeProto::FLOATS:
      return std::vector<float>(proto.floats().begin(), proto.floats().end());
    case AttributeProto::TENSOR:
      return take_tensor(*proto.mutable_t(), what);
    default:
      fail(what, ": is of kind ", AttributeProto::AttributeType_Name(proto.type()),
           ", which is not read; export the model without control flow and sequences");
  }
}

OnnxNode take_node(onnx::NodeProto& proto, const std::string& origin) {
  OnnxNode node;
  node.name = proto.name();
  node.op = proto.op_type();
  node.inputs.assign(proto.input().begin(), proto.input().end());
  node.outputs.assign(proto.output().begin(), proto.output().end());
  WD_REQUIRE(proto.domain().empty() || proto.domain() == "ai.onnx", origin, ": ", text_of(node),
             " is of operator domain ", name_text(proto.domain()),
             ", only standard operators are read; export the model without extensions");
  for (auto& attribute : *proto.mutable_attribute()) {
    const std::string what = origin + ": " + text_of(node) + ": attribute " + name_text(attribute.name());
    WD_REQUIRE(node.attributes.emplace(attribute.name(), take_attribute(attribute, what)).second, what,
               " is given twice; the file is damaged");
  }
  return node;
}

OnnxValue value_of(const onnx::ValueInfoProto& proto) {
  OnnxValue value;
  value.name = proto.name();
  if (!proto.type().has_tensor_type()) return value;
  const auto& type = proto.type().tensor_type();
  value.dtype = dtype_of_onnx(type.elem_type());
  if (!type.has_shape()) return value;
  value.shape.emplace();
  for (const auto& dim : type.shape().dim())
    value.shape->push_back(dim.has_dim_value() ? dim.dim_value() : -1);
  return value;
}

/// Every value has one producer, which comes before its uses.
void require_order(const OnnxModel& model, const std::string& origin) {
  std::set<std::string> known;
  for (const auto& [name, tensor] : model.initializers.all()) known.insert(name);
  for (const OnnxValue& input : model.inputs)
    WD_REQUIRE(known.insert(input.name).second, origin, ": input ", name_text(input.name),
               " is given twice; the file is damaged");
  for (const OnnxNode& node : model.nodes) {
    for (const std::string& input : node.inputs)
      WD_REQUIRE(input.empty() || known.count(input) != 0, origin, ": ", text_of(node), " reads ",
                 name_text(input),
                 ", which no earlier node makes; the file is damaged or its nodes are not in order");
    for (const std::string& output : node.outputs)
      WD_REQUIRE(output.empty() || known.insert(output).second, origin, ": ", text_of(node), " makes ",
                 name_text(output), ", which is made before; the file is damaged");
  }
  for (const OnnxValue& output : model.outputs)
    WD_REQUIRE(known.count(output.name) != 0, origin, ": output ", name_text(output.name),
               " is made by no node; the file is damaged");
}

OnnxModel take_model(ModelProto& proto, const std::string& origin) {
  WD_REQUIRE(proto.has_graph() && proto.opset_import_size() > 0, origin,
             ": holds no ONNX graph; check the path");
  WD_REQUIRE(proto.ir_version() >= oldest_format && proto.ir_version() <= newest_format, origin,
             ": is of ONNX format version ", proto.ir_version(), ", versions ", oldest_format, " to ",
             newest_format, " are read; save it with another version of ONNX");
  OnnxModel model;
  model.opset = opset_of(proto, origin);
  model.producer = proto.producer_name();
  for (const auto& entry : proto.metadata_props()) model.initializers.metadata[entry.key()] = entry.value();
  auto& graph = *proto.mutable_graph();
  model.graph_name = graph.name();
  WD_REQUIRE(graph.sparse_initializer_size() == 0, origin,
             ": has sparse initializers; write them as dense tensors");
  for (auto& tensor : *graph.mutable_initializer()) {
    const std::string name = tensor.name(), what = origin + ": tensor " + name_text(name);
    WD_REQUIRE(!name.empty() && !model.initializers.has(name), what,
               " has no name of its own; the file is damaged");
    model.initializers.add(name, take_tensor(tensor, what));
  }
  for (const auto& input : graph.input())
    if (!model.initializers.has(input.name())) model.inputs.push_back(value_of(input));
  for (const auto& output : graph.output()) model.outputs.push_back(value_of(output));
  for (auto& node : *graph.mutable_node()) model.nodes.push_back(take_node(node, origin));
  require_order(model, origin);
  return model;
}

void require_size(std::uint64_t size, const std::string& origin) {
  WD_REQUIRE(size <= static_cast<std::uint64_t>(std::numeric_limits<int>::max()), origin, ": is ", size,
             " bytes large, an ONNX file has at most 2 GiB; use safetensors for the weights");
}

struct PutAttribute {
  AttributeProto& proto;

  void operator()(std::int64_t value) const {
    proto.set_type(AttributeProto::INT);
    proto.set_i(value);
  }
  void operator()(float value) const {
    proto.set_type(AttributeProto::FLOAT);
    proto.set_f(value);
  }
  void operator()(const std::string& value) const {
    proto.set_type(AttributeProto::STRING);
    proto.set_s(value);
  }
  void operator()(const std::vector<std::int64_t>& values) const {
    proto.set_type(AttributeProto::INTS);
    proto.mutable_ints()->Add(values.begin(), values.end());
  }
  void operator()(const std::vector<float>& values) const {
    proto.set_type(AttributeProto::FLOATS);
    proto.mutable_floats()->Add(values.begin(), values.end());
  }
  void operator()(const NamedTensor& tensor) const {
    proto.set_type(AttributeProto::TENSOR);
    put_tensor("", tensor, *proto.mutable_t());
  }
};

void put_value(const OnnxValue& value, onnx::ValueInfoProto& proto) {
  proto.set_name(value.name);
  auto& type = *proto.mutable_type()->mutable_tensor_type();
  type.set_elem_type(onnx_type_of(value.dtype.value_or(DType::f32), value.name));
  if (!value.shape) return;
  type.mutable_shape();
  for (const std::int64_t size : *value.shape) {
    auto& dim = *type.mutable_shape()->add_dim();
    if (size >= 0)
      dim.set_dim_value(size);
    else
      dim.set_dim_param("batch");
  }
}

void put_graph(const OnnxModel& model, onnx::GraphProto& graph) {
  graph.set_name(model.graph_name.empty() ? "network" : model.graph_name);
  for (const OnnxNode& node : model.nodes) {
    auto& proto = *graph.add_node();
    proto.set_name(node.name);
    proto.set_op_type(node.op);
    for (const std::string& input : node.inputs) proto.add_input(input);
    for (const std::string& output : node.outputs) proto.add_output(output);
    for (const auto& [name, attribute] : node.attributes) {
      auto& attribute_proto = *proto.add_attribute();
      attribute_proto.set_name(name);
      std::visit(PutAttribute{attribute_proto}, attribute);
    }
  }
  for (const auto& [name, tensor] : model.initializers.all())
    put_tensor(name, tensor, *graph.add_initializer());
  for (const OnnxValue& value : model.inputs) put_value(value, *graph.add_input());
  for (const OnnxValue& value : model.outputs) put_value(value, *graph.add_output());
}

}  // namespace

std::string text_of(const OnnxNode& node) {
  const std::string& name = !node.name.empty() || node.outputs.empty() ? node.name : node.outputs.front();
  return "node " + name_text(name) + " (" + node.op + ")";
}

OnnxModel read_onnx(const std::filesystem::path& path) {
  SizedFile file(path);
  require_size(file.size(), file.origin());
  const auto bytes = file.read(file.size());
  return parse_onnx({bytes.get(), file.size()}, file.origin());
}

OnnxModel parse_onnx(std::span<const std::uint8_t> bytes, const std::string& origin) {
  require_size(bytes.size(), origin);
  const google::protobuf::LogSilencer silencer;
  ModelProto proto;
  WD_REQUIRE(proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())), origin,
             ": is not an ONNX file, or is cut short or damaged");
  return take_model(proto, origin);
}

Bytes serialize_onnx(const OnnxModel& model) {
  // The oldest format version that has the operator set, for the widest use; 4 lets initializers be no inputs.
  WD_ASSERT(model.opset >= oldest_opset && model.opset <= newest_opset);
  constexpr int format_of_opset[] = {4, 4, 4, 5, 6, 7, 7, 7, 8, 8, 8, 8, 9, 9, 10};
  ModelProto proto;
  proto.set_ir_version(format_of_opset[model.opset - oldest_opset]);
  proto.set_producer_name("whitedwarf");
  proto.add_opset_import()->set_version(model.opset);
  for (const auto& [key, value] : model.initializers.metadata) {
    auto& entry = *proto.add_metadata_props();
    entry.set_key(key);
    entry.set_value(value);
  }
  put_graph(model, *proto.mutable_graph());
  const std::size_t size = proto.ByteSizeLong();
  WD_REQUIRE(size <= static_cast<std::size_t>(std::numeric_limits<int>::max()), "ONNX: the model has ", size,
             " bytes, an ONNX file has at most 2 GiB; export safetensors");
  Bytes bytes(size);
  WD_ASSERT(proto.SerializeToArray(bytes.data(), static_cast<int>(size)));
  return bytes;
}

void write_onnx(const OnnxModel& model, const std::filesystem::path& path) {
  write_file(path, serialize_onnx(model));
}

}  // namespace wd::algo
