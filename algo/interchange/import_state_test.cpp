// SPDX-License-Identifier: Apache-2.0
#include "algo/interchange/import_state.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "algo/interchange/plain_forward.hpp"
#include "algo/interchange/safetensors.hpp"
#include "algo/networks/build.hpp"
#include "base/error.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;

namespace {

Graph network(const std::string& description, const ImageShape& image = {8, 8, 3}) {
  return build_graph(network_from_json(nlohmann::json::parse(description), "test"), image, 10);
}
Graph plain_resnet() { return network(R"({"kind":"resnet","preset":"resnet20"})"); }

using Change = std::function<void(std::map<std::string, NamedTensor>&)>;

NamedTensors changed(const NamedTensors& tensors, const Change& change) {
  std::map<std::string, NamedTensor> all = tensors.all();
  change(all);
  NamedTensors result;
  for (const auto& [name, tensor] : all) result.add(name, tensor);
  return result;
}

void same_state(const ModelState& left, const ModelState& right) {
  REQUIRE(left.weights.size() == right.weights.size());
  for (std::size_t i = 0; i < left.weights.size(); ++i) {
    CHECK(left.weights[i].scores == right.weights[i].scores);
    CHECK(left.weights[i].levels == right.weights[i].levels);
    const std::vector<float>&a = *left.weights[i].values, &b = *right.weights[i].values;
    REQUIRE(a.size() == b.size());
    float most = 0;
    for (std::size_t at = 0; at < a.size(); ++at)
      most = std::max(most, std::abs(a[at] - b[at]) / std::abs(a[at]));
    CHECK(most < 2e-7f);  // .weight times .scale rounds once
  }
  REQUIRE(left.norms.size() == right.norms.size());
  for (std::size_t i = 0; i < left.norms.size(); ++i) {
    CHECK(left.norms[i].gamma == right.norms[i].gamma);
    CHECK(left.norms[i].beta == right.norms[i].beta);
    CHECK(left.norms[i].mean == right.norms[i].mean);
    CHECK(left.norms[i].variance == right.norms[i].variance);
  }
}

}  // namespace

TEST_CASE("import state: what is exported is imported, in every repository's names",
          "[interchange][round-trip]") {
  struct Row {
    std::string description;
    ImageShape image;
    Repository repository;
  };
  const std::vector<Row> rows{
      {R"({"kind":"resnet","preset":"resnet20","affine":"none"})", {8, 8, 3}, Repository::hidden_networks},
      {R"({"kind":"conv","depth":2,"width":0.25,"norm":false})", {8, 8, 3}, Repository::hidden_networks},
      {R"({"kind":"mlp","hidden":[12],"norm":false})", {6, 6, 1}, Repository::hidden_networks},
      {R"({"kind":"resnet","preset":"resnet20","fold":[2,3],"affine":"folds"})",
       {8, 8, 3},
       Repository::hidden_fold_networks},
      {R"({"kind":"resnet","preset":"resnet20"})", {8, 8, 3}, Repository::multicoated_supermasks},
      {R"({"kind":"mixer","patch":4,"dim":8,"token_dim":6,"channel_dim":8,"depth":2})",
       {8, 8, 1},
       Repository::own}};
  std::uint64_t seed = 0;
  for (const Row& row : rows) {
    INFO(row.description);
    const Graph graph = network(row.description, row.image);
    ModelState state = random_state(graph, ++seed * 1000);
    if (row.repository == Repository::own) apply_masks(state, std::vector<double>{0.5, 0.7}, RankRule::count);
    const NamedTensors tensors = export_state(graph, state, row.repository);
    CHECK(tensors.metadata.at("repository") == name_of(row.repository));
    const NamedTensors read = parse_safetensors(serialize_safetensors(tensors), "m.st");
    same_state(import_state(graph, read, row.repository, "m.st"), state);
  }
}

TEST_CASE("import state: weights have PyTorch's layout in the file", "[interchange][oracle]") {
  const Graph graph = plain_resnet();
  const ModelState state = random_state(graph, 3);
  const NamedTensors tensors = export_state(graph, state, Repository::hidden_networks);
  const NamedTensor& scores = tensors.get("layer2.0.conv1.scores", "test");
  CHECK(scores.shape == Dims{32, 16, 3, 3});
  const std::vector<float> torch = scores.to_floats();
  std::size_t layer = 0;
  while (graph.weights[layer].name != "stage2.block1.conv1") ++layer;
  const std::vector<float>& ours = *state.weights[layer].scores;
  for (const std::size_t o : {0u, 5u, 31u})
    for (const std::size_t i : {0u, 7u, 15u})
      for (std::size_t tap = 0; tap < 9; ++tap)
        CHECK(torch[(o * 16 + i) * 9 + tap] == ours[(tap * 16 + i) * 32 + o]);
  CHECK(tensors.get("bn1.num_batches_tracked", "test").dtype == DType::i64);
  CHECK(tensors.get("fc.weight", "test").shape == Dims{10, 64, 1, 1});
}

TEST_CASE("import state: signed constant weights become sign and scale for multicoated-supermasks",
          "[interchange]") {
  const Graph graph = plain_resnet();
  const ModelState state = random_state(graph, 3);
  const NamedTensors tensors = export_state(graph, state, Repository::multicoated_supermasks);
  for (const float weight : tensors.get("backbone.conv1.weight", "test").to_floats())
    CHECK(std::abs(weight) == Approx(1));
  CHECK(tensors.get("backbone.conv1.scale", "test").to_floats().at(0) == Approx(std::sqrt(6.0 / 27)));
  CHECK(tensors.get("head.fc.weight", "test").shape == Dims{10, 64});
}

TEST_CASE("import state: wrappers and other spellings of a file are understood", "[interchange]") {
  const Graph graph = plain_resnet();
  const ModelState state = random_state(graph, 3);
  const NamedTensors tensors = export_state(graph, state, Repository::hidden_networks);
  NamedTensors wrapped;
  for (const auto& [name, tensor] : tensors.all()) wrapped.add("module." + name, tensor);
  same_state(import_state(graph, wrapped, Repository::hidden_networks, "m.st"), state);
  const NamedTensors other = changed(tensors, [](auto& all) {
    all.at("fc.weight").shape = {10, 64};
    all.erase("bn1.num_batches_tracked");
    for (const char* name : {"conv1.scores", "fc.scores"}) all.erase(name);  // dense first and last layers
  });
  const ModelState dense = import_state(graph, other, Repository::hidden_networks, "m.st");
  CHECK_FALSE(dense.weights.front().scores.has_value());
  CHECK(dense.weights[1].scores == state.weights[1].scores);
  CHECK(dense.weights.back().values == state.weights.back().values);
}

TEST_CASE("import state: masks without scores rank as scores", "[interchange]") {
  const Graph graph = network(R"({"kind":"mlp","hidden":[12],"norm":false})", {6, 6, 1});
  ModelState state = random_state(graph, 3);
  apply_masks(state, std::vector<double>{0.5, 0.75}, RankRule::count);
  const ModelState expected = state;
  for (WeightState& weights : state.weights) weights.scores.reset();
  const NamedTensors tensors = export_state(graph, state, Repository::hidden_networks);
  ModelState back = import_state(graph, tensors, Repository::hidden_networks, "m.st");
  apply_masks(back, std::vector<double>{0.5, 0.75}, RankRule::count);
  for (std::size_t i = 0; i < back.weights.size(); ++i)
    CHECK(back.weights[i].levels == expected.weights[i].levels);
}

TEST_CASE("import state: files that do not fit are refused with the remedy",
          "[interchange][bad-input][message]") {
  const Graph graph = plain_resnet();
  const NamedTensors good = export_state(graph, random_state(graph, 3), Repository::hidden_networks);
  const auto refused = [&](const std::string& message, const Change& change) {
    INFO(message);
    CHECK_THROWS_WITH(import_state(graph, changed(good, change), Repository::hidden_networks, "m.st"),
                      Contains("m.st: ") && Contains(message) && !Contains("\n"));
  };
  refused(
      "tensor 'layer1.0.conv1.weight' of layer 'stage1.block1.conv1' is missing; the nearest name is "
      "'layer1.0.conv2.weight'; check that the file is of this network and of repository hidden-networks",
      [](auto& all) { all.erase("layer1.0.conv1.weight"); });
  refused("tensor 'bn1.running_var' of layer 'stem.norm' is missing",
          [](auto& all) { all.erase("bn1.running_var"); });
  refused(
      "tensor 'fc.weight' has shape [64, 10, 1, 1], layer 'classifier' needs [10, 64, 1, 1]; give the "
      "network the "
      "file's preset, width, classes and image size",
      [](auto& all) {
        all.at("fc.weight").shape = {64, 10, 1, 1};
      });
  refused("tensor 'bn1.weight' has shape [4, 4], norm 'stem.norm' needs [16]", [](auto& all) {
    all.at("bn1.weight").shape = {4, 4};
  });
  refused("1 tensors have no place in the network: 'layer9.0.conv1.weight'; give the network",
          [](auto& all) { all["layer9.0.conv1.weight"] = all["fc.weight"]; });
  refused("4 tensors have no place in the network: 'q1', 'q2', 'q3', ...", [](auto& all) {
    for (const char* name : {"q1", "q2", "q3", "q4"}) all[name] = all["fc.weight"];
  });
  refused("tensor 'fc.bias' is the bias of a layer, the network's layers have none; train with bias=False",
          [](auto& all) { all["fc.bias"] = NamedTensor::of_floats({10}, std::vector<float>(10)); });
  refused("tensor 'fc.scores.0' is one of several score tensors of a layer", [](auto& all) {
    all["fc.scores.0"] = all["fc.scores"];
    all.erase("fc.scores");
  });
  refused("norm 'stem.norm' is learned, 'bn1' has no '.weight'; set network.affine to 'none' or 'folds'",
          [](auto& all) {
            all.erase("bn1.weight");
            all.erase("bn1.bias");
          });
  refused("tensor 'conv1.weight' has element type I64, must be a floating-point type", [](auto& all) {
    all["conv1.weight"] = NamedTensor::of_integers({16, 3, 3, 3}, std::vector<std::int64_t>(432));
  });
  refused("tensor 'conv1.weight' holds nan at place 0; a model with such values cannot be used",
          [](auto& all) {
            all["conv1.weight"] = NamedTensor::of_floats({16, 3, 3, 3}, std::vector<float>(432, NAN));
          });
  refused("tensor 'bn1.running_var' holds the negative variance -1 at channel 0", [](auto& all) {
    all["bn1.running_var"] = NamedTensor::of_floats({16}, std::vector<float>(16, -1));
  });
}

TEST_CASE("import state: the other side's refusals", "[interchange][bad-input][message]") {
  const Graph affine = plain_resnet(),
              fixed = network(R"({"kind":"resnet","preset":"resnet20","affine":"none"})");
  const NamedTensors learned = export_state(affine, random_state(affine, 3), Repository::hidden_networks);
  CHECK_THROWS_WITH(
      import_state(fixed, learned, Repository::hidden_networks, "m.st"),
      "m.st: tensor 'bn1.weight' is learned, norm 'stem.norm' is not; set network.affine to 'all'");
  ModelState state = random_state(affine, 3);
  state.weights[0].values.reset();
  CHECK_THROWS_WITH(export_state(affine, state, Repository::own),
                    "export: weights 'stem' have no values; make them from the seed first");
  const Graph mlp = network(R"({"kind":"mlp","hidden":[4],"norm":false})", {2, 2, 1});
  const NamedTensors tensors =
      changed(export_state(mlp, random_state(mlp, 3), Repository::own), [](auto& all) {
        all["fc1.mask"] = NamedTensor::of_integers({4, 4}, std::vector<std::int64_t>(16, 8));
      });
  CHECK_THROWS_WITH(import_state(mlp, tensors, Repository::own, "m.st"),
                    Contains("m.st: tensor 'fc1.mask' holds level 8, must be 0 to 7"));
  const NamedTensors scale = changed(
      export_state(affine, random_state(affine, 3), Repository::multicoated_supermasks), [](auto& all) {
        all["head.fc.scale"] = NamedTensor::of_floats({2}, {1, 1});
      });
  CHECK_THROWS_WITH(import_state(affine, scale, Repository::multicoated_supermasks, "m.st"),
                    "m.st: tensor 'head.fc.scale' has shape [2], must be one number");
}
