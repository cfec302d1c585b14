// SPDX-License-Identifier: Apache-2.0
#include "algo/interchange/export_onnx.hpp"

#include <onnx/checker.h>
#include <onnx/onnx_pb.h>
#include <onnx/shape_inference/implementation.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "algo/interchange/import_onnx.hpp"
#include "algo/interchange/plain_forward.hpp"
#include "algo/interchange/plain_onnx.hpp"
#include "algo/networks/build.hpp"
#include "base/error.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;

namespace {

Graph network(const std::string& description, const ImageShape& image, int classes = 10) {
  return build_graph(network_from_json(nlohmann::json::parse(description), "test"), image, classes);
}

/// ONNX's own opinion of the file: well formed, and of the shapes that the outputs state.
void check_with_onnx(const OnnxModel& model) {
  const Bytes bytes = serialize_onnx(model);
  onnx::ModelProto proto;
  REQUIRE(proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
  CHECK_NOTHROW(onnx::checker::check_model(proto));
  const onnx::ShapeInferenceOptions strict(true, 1, false);
  CHECK_NOTHROW(onnx::shape_inference::InferShapes(proto, onnx::OpSchemaRegistry::Instance(), strict));
}

const std::vector<std::pair<std::string, ImageShape>>& networks() {
  static const std::vector<std::pair<std::string, ImageShape>> list{
      {R"({"kind":"resnet","preset":"resnet20"})", {8, 8, 3}},
      {R"({"kind":"resnet","preset":"resnet20","fold":[1,2,3],"affine":"folds"})", {8, 8, 1}},
      {R"({"kind":"resnet","preset":"resnet20","fold":[2],"shared_norm":true})", {8, 8, 1}},
      {R"({"kind":"conv","depth":2,"width":0.25,"norm":false})", {8, 8, 3}},
      {R"({"kind":"conv","depth":4,"width":0.125,"norm":true})", {8, 8, 3}},
      {R"({"kind":"mlp","hidden":[12,8]})", {6, 6, 1}},
      {R"({"kind":"res_mlp","patch":2,"dim":8,"channel_dim":16,"depth":4,"folds":2})", {8, 8, 1}},
      {R"({"kind":"mixer","patch":2,"dim":8,"token_dim":6,"channel_dim":16,"depth":2,"norm":"layer"})",
       {8, 8, 1}},
      {R"({"kind":"mixer","patch":2,"dim":8,"token_dim":6,"channel_dim":16,"depth":2,"norm":"batch","gelu":false})",
       {8, 8, 1}}};
  return list;
}

}  // namespace

TEST_CASE("export onnx: the file computes what the network computes", "[interchange][oracle]") {
  std::uint64_t seed = 1;
  for (const auto& [description, image] : networks()) {
    INFO(description);
    const Graph graph = network(description, image);
    ModelState state = random_state(graph, ++seed * 1000);
    apply_masks(state, std::vector<double>{0.5, 0.8, 0.9}, RankRule::count);
    const OnnxModel model = export_onnx(graph, state);
    check_with_onnx(model);
    CHECK(model.outputs.at(0).name == "scores");
    const Plane pixels = random_image(graph, seed);
    const Plane expected = plain_forward(graph, state, pixels);
    REQUIRE(expected.size() == 10);
    CHECK(relative_difference(PlainOnnx(model).run(pixels), expected) < 1e-6);  // constants are FP32
  }
}

TEST_CASE("export onnx: folds share their weights, a masked weight is value times level", "[interchange]") {
  const Graph graph = network(R"({"kind":"resnet","preset":"resnet20","fold":[1,2,3]})", {8, 8, 1});
  ModelState state = random_state(graph, 5);
  apply_masks(state, std::vector<double>{0.7}, RankRule::count);
  const OnnxModel model = export_onnx(graph, state);
  std::size_t convs = 0, of_fold = 0;
  for (const OnnxNode& node : model.nodes) {
    convs += node.op == "Conv" ? 1 : 0;
    of_fold += node.inputs.size() > 1 && node.inputs[1] == "stage1.fold.conv1.weight" ? 1 : 0;
  }
  CHECK(convs == 1 + 3 * 6 + 2);  // stem, three stages of three blocks, two shortcuts
  CHECK(of_fold == 2);
  const NamedTensor& weights = model.initializers.get("stage1.fold.conv1.weight", "model");
  CHECK(weights.shape == Dims{16, 16, 3, 3});
  const std::vector<float> values = weights.to_floats();
  CHECK(std::count(values.begin(), values.end(), 0.0f) == 1612);  // floor(0.7 * 2304)
}

TEST_CASE("export onnx: what cannot be exported is refused by name", "[interchange][bad-input][message]") {
  const Graph graph = network(R"({"kind":"mlp","hidden":[12],"norm":false})", {4, 4, 1});
  ModelState state = random_state(graph, 5);
  CHECK_THROWS_WITH(export_onnx(graph, state), Contains("weights 'fc1' have scores but no mask yet"));
  apply_masks(state, std::vector<double>{0.7}, RankRule::count);
  state.weights[1].values.reset();
  CHECK_THROWS_WITH(export_onnx(graph, state), Contains("weights 'classifier' have no values"));
  state.weights.pop_back();
  CHECK_THROWS_WITH(export_onnx(graph, state), Contains("export: has 1 weight arrays and 0 norms"));
}

TEST_CASE("export onnx: an exported network is imported with the same results", "[interchange][round-trip]") {
  std::uint64_t seed = 70;
  for (const auto& [description, image] : networks()) {
    if (description.find("mlp\",\"p") != description.npos || description.find("mixer") != description.npos)
      continue;
    INFO(description);
    const Graph graph = network(description, image);
    ModelState state = random_state(graph, ++seed * 1000);
    apply_masks(state, std::vector<double>{0.5, 0.8}, RankRule::count);
    const ImportedNetwork back =
        import_onnx(parse_onnx(serialize_onnx(export_onnx(graph, state)), "m.onnx"), "m.onnx");
    const Plane pixels = random_image(graph, seed);
    CHECK(relative_difference(plain_forward(back.graph, back.state, pixels),
                              plain_forward(graph, state, pixels)) < 1e-6);
    // The same structure: nodes join as the builder has them, weights and norms come in its order.
    CHECK(back.graph.nodes.size() == graph.nodes.size());
    REQUIRE(back.graph.weights.size() == graph.weights.size());
    for (std::size_t i = 0; i < graph.weights.size(); ++i) {
      CHECK(back.graph.weights[i].kernel == graph.weights[i].kernel);
      CHECK(back.graph.weights[i].out_channels == graph.weights[i].out_channels);
      CHECK(*back.state.weights[i].values == effective_weights(state.weights[i], "w"));
    }
    CHECK(back.graph.macs() == graph.macs());
  }
}
