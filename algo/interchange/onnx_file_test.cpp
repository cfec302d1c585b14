// SPDX-License-Identifier: Apache-2.0
#include "algo/interchange/onnx_file.hpp"

#include <onnx/checker.h>
#include <onnx/onnx_pb.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <functional>

#include "algo/data/counter_random.hpp"
#include "base/error.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;
using onnx::TensorProto;

namespace {

struct TemporaryFile {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("wd_onnx." + std::to_string(::getpid()));
  ~TemporaryFile() { std::filesystem::remove(path); }
};

Bytes bytes_of_proto(const onnx::ModelProto& proto) {
  const std::string text = proto.SerializeAsString();
  return {text.begin(), text.end()};
}

void set_image_type(onnx::ValueInfoProto& value, const std::string& name,
                    const std::vector<std::int64_t>& shape) {
  value.set_name(name);
  auto& type = *value.mutable_type()->mutable_tensor_type();
  type.set_elem_type(TensorProto::FLOAT);
  for (const std::int64_t size : shape) type.mutable_shape()->add_dim()->set_dim_value(size);
}

/// relu(conv(x, w)), built by ONNX's own classes.
onnx::ModelProto foreign_model() {
  onnx::ModelProto proto;
  proto.set_ir_version(7);
  proto.set_producer_name("foreign");
  proto.add_opset_import()->set_version(13);
  auto& graph = *proto.mutable_graph();
  graph.set_name("g");
  set_image_type(*graph.add_input(), "x", {1, 1, 4, 4});
  set_image_type(*graph.add_output(), "y", {1, 2, 4, 4});
  auto& w = *graph.add_initializer();
  w.set_name("w");
  w.set_data_type(TensorProto::FLOAT);
  for (const int size : {2, 1, 3, 3}) w.add_dims(size);
  for (int i = 0; i < 18; ++i) w.add_float_data(static_cast<float>(i) / 4);
  auto& conv = *graph.add_node();
  conv.set_op_type("Conv");
  conv.set_name("conv1");
  conv.add_input("x");
  conv.add_input("w");
  conv.add_output("c");
  auto& pads = *conv.add_attribute();
  pads.set_name("pads");
  pads.set_type(onnx::AttributeProto::INTS);
  for (int i = 0; i < 4; ++i) pads.add_ints(1);
  auto& relu = *graph.add_node();
  relu.set_op_type("Relu");
  relu.add_input("c");
  relu.add_output("y");
  onnx::checker::check_model(proto);
  return proto;
}

void refused(const std::string& message, const std::function<void(onnx::ModelProto&)>& change) {
  onnx::ModelProto proto = foreign_model();
  change(proto);
  CHECK_THROWS_WITH(parse_onnx(bytes_of_proto(proto), "m.onnx"),
                    Contains("m.onnx: ") && Contains(message) && !Contains("\n"));
}

NamedTensor read_typed(const std::function<void(TensorProto&)>& fill) {
  onnx::ModelProto proto = foreign_model();
  auto& tensor = *proto.mutable_graph()->add_initializer();
  tensor.set_name("t");
  tensor.add_dims(2);
  fill(tensor);
  return parse_onnx(bytes_of_proto(proto), "m.onnx").initializers.get("t", "m.onnx");
}

OnnxModel own_model() {
  OnnxModel model;
  model.graph_name = "own";
  model.initializers.metadata["source"] = "test";
  model.initializers.add("w", NamedTensor::of_floats({3, 2}, {1, 2, 3, 4, 5, 6}));
  model.initializers.add("b", NamedTensor::of_floats({3}, {0, 0, 1}));
  model.initializers.add("shape", NamedTensor::of_integers({2}, {0, -1}));
  model.inputs.push_back({"x", DType::f32, Dims{-1, 2, 1, 1}});
  model.outputs.push_back({"y", DType::f32, Dims{-1, 3}});
  model.nodes.push_back({"reshape", "Reshape", {"x", "shape"}, {"flat"}, {}});
  model.nodes.push_back({"fc",
                         "Gemm",
                         {"flat", "w", "b"},
                         {"y"},
                         {{"transB", std::int64_t{1}}, {"alpha", 1.0f}, {"beta", 0.0f}}});
  return model;
}

}  // namespace

TEST_CASE("onnx file: a file of ONNX's own library is read", "[interchange][oracle]") {
  const OnnxModel model = parse_onnx(bytes_of_proto(foreign_model()), "m.onnx");
  CHECK(model.opset == 13);
  CHECK(model.producer == "foreign");
  REQUIRE(model.nodes.size() == 2);
  CHECK(text_of(model.nodes[0]) == "node 'conv1' (Conv)");
  CHECK(text_of(model.nodes[1]) == "node 'y' (Relu)");
  CHECK(std::get<std::vector<std::int64_t>>(model.nodes[0].attributes.at("pads")) == Dims{1, 1, 1, 1});
  CHECK(model.inputs.at(0).shape == Dims{1, 1, 4, 4});
  const NamedTensor& w = model.initializers.get("w", "m.onnx");
  CHECK(w.shape == Dims{2, 1, 3, 3});
  CHECK(w.to_floats()[17] == 4.25f);
}

TEST_CASE("onnx file: what is written passes ONNX's checker and is read back",
          "[interchange][oracle][round-trip]") {
  const TemporaryFile file;
  const OnnxModel model = own_model();
  write_onnx(model, file.path);
  onnx::checker::check_model(file.path.string());

  const OnnxModel back = read_onnx(file.path);
  CHECK(back.graph_name == "own");
  CHECK(back.initializers.metadata == model.initializers.metadata);
  CHECK(back.inputs.at(0).shape == Dims{-1, 2, 1, 1});
  CHECK(back.outputs.at(0).name == "y");
  CHECK(back.nodes.at(1).inputs == std::vector<std::string>{"flat", "w", "b"});
  CHECK(std::get<float>(back.nodes.at(1).attributes.at("beta")) == 0);
  CHECK(back.initializers.get("w", "back").to_floats() == std::vector<float>{1, 2, 3, 4, 5, 6});
  CHECK(serialize_onnx(back) == serialize_onnx(model));
  for (int opset = oldest_opset; opset <= newest_opset; ++opset) {
    OnnxModel other = own_model();
    other.opset = opset;
    const Bytes bytes = serialize_onnx(other);
    onnx::ModelProto proto;
    REQUIRE(proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
    constexpr int newest_of_checker = 17;  // ONNX 1.12's; the reader goes beyond it
    if (opset <= newest_of_checker) CHECK_NOTHROW(onnx::checker::check_model(proto));
    CHECK(parse_onnx(bytes, "m.onnx").opset == opset);
  }
}

TEST_CASE("onnx file: an element type that ONNX lacks is refused by tensor",
          "[interchange][bad-input][message]") {
  OnnxModel model = own_model();
  auto code = std::make_shared<Bytes>(Bytes{0x38});
  model.initializers.add("f8", {DType::f8_e4m3, {1}, *code, code});
  CHECK_THROWS_WITH(serialize_onnx(model),
                    "f8: element type F8_E4M3 has no counterpart in this ONNX version; convert it to F16");
}

TEST_CASE("onnx file: tensors in typed fields are read like raw ones", "[interchange][oracle]") {
  const auto ints = [](std::int32_t type, int a, int b) {
    return [=](TensorProto& t) {
      t.set_data_type(type);
      t.add_int32_data(a);
      t.add_int32_data(b);
    };
  };
  using Floats = std::vector<float>;
  CHECK(read_typed(ints(TensorProto::INT32, -5, 7)).to_floats() == Floats{-5, 7});
  CHECK(read_typed(ints(TensorProto::INT8, -128, 7)).to_floats() == Floats{-128, 7});
  CHECK(read_typed(ints(TensorProto::BOOL, 0, 1)).to_floats() == Floats{0, 1});
  CHECK(read_typed(ints(TensorProto::UINT16, 65535, 1)).to_floats() == Floats{65535, 1});
  CHECK(read_typed(ints(TensorProto::FLOAT16, 0x3c00, 0xc000)).to_floats() == Floats{1, -2});
  CHECK(read_typed(ints(TensorProto::BFLOAT16, 0x3f80, 0xc000)).to_floats() == Floats{1, -2});
  CHECK(read_typed([](TensorProto& t) {
          t.set_data_type(TensorProto::INT64);
          t.add_int64_data(-1);
          t.add_int64_data(3);
        }).to_integers("t") == std::vector<std::int64_t>{-1, 3});
  CHECK(read_typed([](TensorProto& t) {
          t.set_data_type(TensorProto::UINT32);
          t.add_uint64_data(4000000000u);
          t.add_uint64_data(3);
        }).to_integers("t") == std::vector<std::int64_t>{4000000000, 3});
  CHECK(read_typed([](TensorProto& t) {
          t.set_data_type(TensorProto::DOUBLE);
          t.add_double_data(0.5);
          t.add_double_data(3);
        }).to_floats() == Floats{0.5, 3});
}

TEST_CASE("onnx file: another operator set or format version is refused",
          "[interchange][bad-input][message]") {
  refused("is of operator set 22, sets 7 to 21 are read; export it again with opset_version=13",
          [](auto& m) { m.mutable_opset_import(0)->set_version(22); });
  refused("is of operator set 6", [](auto& m) { m.mutable_opset_import(0)->set_version(6); });
  refused("is of operator set 0", [](auto& m) { m.mutable_opset_import(0)->set_domain("com.microsoft"); });
  refused("is of ONNX format version 2", [](auto& m) { m.set_ir_version(2); });
  refused("is of ONNX format version 99", [](auto& m) { m.set_ir_version(99); });
  refused("holds no ONNX graph", [](auto& m) { m.clear_graph(); });
}

TEST_CASE("onnx file: tensors that cannot be had are refused by name", "[interchange][bad-input][message]") {
  const auto w = [](onnx::ModelProto& m) -> TensorProto& {
    return *m.mutable_graph()->mutable_initializer(0);
  };
  refused("tensor 'w': lies in another file; save the model as one file",
          [&](auto& m) { w(m).set_data_location(TensorProto::EXTERNAL); });
  refused("tensor 'w': has shape [2, 1, 3, 3] of F32 but 16 bytes",
          [&](auto& m) { w(m).set_raw_data("0123456789abcdef"); });
  refused("tensor 'w': has shape [2, 1, 3, -3]", [&](auto& m) { w(m).set_dims(3, -3); });
  refused("tensor 'w': has shape [4611686018427387904, 4611686018427387904, 3, 3]", [&](auto& m) {
    w(m).set_dims(0, std::int64_t{1} << 62);
    w(m).set_dims(1, std::int64_t{1} << 62);
  });
  refused("tensor 'w': has element type number 8", [&](auto& m) { w(m).set_data_type(TensorProto::STRING); });
  refused("tensor 'w': has element type number 0", [&](auto& m) { w(m).clear_data_type(); });
  refused("tensor 'w': holds 300, which its element type cannot hold", [&](auto& m) {
    w(m).set_data_type(TensorProto::INT8);
    w(m).add_int32_data(300);
  });
  refused("tensor 'w' has no name of its own",
          [&](auto& m) { *m.mutable_graph()->add_initializer() = w(m); });
  refused("has sparse initializers", [](auto& m) { m.mutable_graph()->add_sparse_initializer(); });
}

TEST_CASE("onnx file: graphs that do not hold together are refused", "[interchange][bad-input][message]") {
  const auto node = [](onnx::ModelProto& m, int i) -> onnx::NodeProto& {
    return *m.mutable_graph()->mutable_node(i);
  };
  refused("node 'conv1' (Conv) reads 'lost', which no earlier node makes",
          [&](auto& m) { node(m, 0).set_input(0, "lost"); });
  refused("node 'y' (Relu) makes 'c', which is made before", [&](auto& m) { node(m, 1).add_output("c"); });
  refused("output 'z' is made by no node",
          [](auto& m) { m.mutable_graph()->mutable_output(0)->set_name("z"); });
  refused("input 'x' is given twice", [](auto& m) { m.mutable_graph()->add_input()->set_name("x"); });
  refused("node 'conv1' (Conv) is of operator domain 'com.microsoft', only standard operators are read",
          [&](auto& m) { node(m, 0).set_domain("com.microsoft"); });
  refused("node 'y' (Relu): attribute 'body': is of kind GRAPH, which is not read", [&](auto& m) {
    auto& attribute = *node(m, 1).add_attribute();
    attribute.set_name("body");
    attribute.set_type(onnx::AttributeProto::GRAPH);
  });
  refused("attribute 'pads' is given twice",
          [&](auto& m) { *node(m, 0).add_attribute() = m.graph().node(0).attribute(0); });
}

TEST_CASE("onnx file: damaged bytes are read or refused, never worse", "[interchange][round-trip]") {
  CHECK_THROWS_WITH(parse_onnx(Bytes{'h', 'e', 'l', 'l', 'o'}, "m.onnx"),
                    "m.onnx: is not an ONNX file, or is cut short or damaged");
  CHECK_THROWS_WITH(parse_onnx(Bytes{}, "m.onnx"), "m.onnx: holds no ONNX graph; check the path");
  CHECK_THROWS_WITH(read_onnx("/nonexistent.onnx"), Contains("/nonexistent.onnx: cannot be opened"));
  const TemporaryFile large;
  write_file(large.path, std::string_view("x"));
  std::filesystem::resize_file(large.path, std::uintmax_t{3} << 30);  // a hole: takes no space
  CHECK_THROWS_WITH(read_onnx(large.path),
                    Contains("is 3221225472 bytes large, an ONNX file has at most 2 GiB"));
  const Bytes good = serialize_onnx(own_model());
  for (std::uint64_t round = 0; round < 3000; ++round) {
    INFO("round " << round);
    Bytes bad = good;
    for (std::uint64_t change = 0; change < 3; ++change) {
      const std::uint64_t bits = random_bits(7, RandomStream::scores, 3 * round + change);
      bad[bits % bad.size()] = static_cast<std::uint8_t>(bits >> 40);
    }
    if (round % 3 == 0) bad.resize(random_bits(9, RandomStream::scores, round) % bad.size());
    try {
      const OnnxModel read = parse_onnx(bad, "m.onnx");
      for (const auto& [name, tensor] : read.initializers.all())
        CHECK(tensor.to_floats().size() == tensor.count());
    } catch (const Error& error) {
      CHECK_THAT(error.what(), Contains("m.onnx: "));
    }
  }
}
