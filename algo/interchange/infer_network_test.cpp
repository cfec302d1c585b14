// SPDX-License-Identifier: Apache-2.0
// Networks that a configuration describes, named by name_map.cpp: what is found from names and shapes must build the same graph.
#include "algo/interchange/infer_network.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "algo/networks/build.hpp"
#include "base/error.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;

namespace {

struct Case {
  const char* network;
  Repository repository;
  ImageShape image;
  int classes;
};

/// The file that the repository would write of it, without its numbers.
NamedTensors state_dict(const Graph& graph, Repository repository, const std::string& before = "") {
  const NameMap map = name_map(graph, repository);
  NamedTensors tensors;
  const auto add = [&](const std::string& name, const Dims& shape) {
    tensors.add(before + name, NamedTensor::of_floats(shape, std::vector<float>(*element_count(shape))));
  };
  for (std::size_t i = 0; i < map.weights.size(); ++i) {
    add(map.weights[i].name + ".weight", map.weights[i].shape);
    add(map.weights[i].name + "." + map.score_key, map.weights[i].shape);
  }
  for (std::size_t i = 0; i < map.norms.size(); ++i) {
    add(map.norms[i] + ".running_mean", {graph.norms[i].channels});
    if (graph.norms[i].learned) add(map.norms[i] + ".weight", {graph.norms[i].channels});
  }
  return tensors;
}

Graph graph_of(const NetworkConfig& network, const ImageShape& image, int classes) {
  return build_graph(network, image, classes);
}

void check_same(const Graph& wanted, const Graph& found) {
  REQUIRE(found.weights.size() == wanted.weights.size());
  for (std::size_t i = 0; i < wanted.weights.size(); ++i) {
    CHECK(found.weights[i].name == wanted.weights[i].name);
    CHECK(found.weights[i].out_channels == wanted.weights[i].out_channels);
    CHECK(found.weights[i].in_channels == wanted.weights[i].in_channels);
    CHECK(found.weights[i].kernel == wanted.weights[i].kernel);
  }
  REQUIRE(found.norms.size() == wanted.norms.size());
  for (std::size_t i = 0; i < wanted.norms.size(); ++i) {
    CHECK(found.norms[i].name == wanted.norms[i].name);
    CHECK(found.norms[i].learned == wanted.norms[i].learned);
  }
  REQUIRE(found.nodes.size() == wanted.nodes.size());
  for (std::size_t i = 0; i < wanted.nodes.size(); ++i) {
    CHECK(found.nodes[i].stride == wanted.nodes[i].stride);
    CHECK(found.nodes[i].residual == wanted.nodes[i].residual);
    CHECK(found.nodes[i].pad == wanted.nodes[i].pad);
  }
}

}  // namespace

TEST_CASE("infer network: what a configuration describes is found again", "[interchange]") {
  using enum Repository;
  const ImageShape cifar{32, 32, 3}, large{224, 224, 3}, fashion{28, 28, 1};
  const Case cases[] = {
      {R"({"kind":"resnet","preset":"resnet50","form":"imagenet"})", hidden_networks, large, 1000},
      {R"({"kind":"resnet","preset":"resnet18","form":"cifar"})", hidden_networks, cifar, 10},
      {R"({"kind":"resnet","preset":"wide_resnet50","form":"imagenet"})", hidden_networks, large, 1000},
      {R"({"kind":"resnet","preset":"resnet50","form":"imagenet","fold":[3,4],"affine":"none"})",
       hidden_fold_networks, large, 1000},
      {R"({"kind":"resnet","preset":"resnet50","form":"cifar","fold":[1,2,3,4],"affine":"folds"})",
       hidden_fold_networks, cifar, 100},
      {R"({"kind":"resnet","preset":"resnet34","form":"imagenet"})", multicoated_supermasks, large, 1000},
      {R"({"kind":"resnet","preset":"resnet20","form":"cifar","affine":"none"})", multicoated_supermasks,
       cifar, 10},
      {R"({"kind":"resnet","patch":2,"block":"basic","stem":{"kernel":3,"channels":24},"stages":[{"channels":24,"blocks":4,"stride":1,"folded":true},{"channels":40,"blocks":2,"stride":2,"folded":false}]})",
       own, cifar, 10},
      {R"({"kind":"resnet","patch":4,"block":"basic","stem":{"kernel":3,"channels":8},"stages":[{"channels":8,"blocks":1,"stride":1,"folded":false},{"channels":16,"blocks":6,"stride":2,"folded":true}]})",
       hidden_fold_networks, fashion, 10},
      {R"({"kind":"conv","depth":6,"norm":false})", hidden_networks, cifar, 10},
      {R"({"kind":"conv","depth":2,"norm":false,"width":0.5})", hidden_networks, cifar, 10}};
  for (const Case& wanted : cases)
    for (const char* wrapper : {"", "module."}) {
      INFO(wanted.network << " of " << name_of(wanted.repository));
      const Graph graph = graph_of(network_from_json(nlohmann::json::parse(wanted.network), "test"),
                                   wanted.image, wanted.classes);
      InferredNetwork found = infer_network(state_dict(graph, wanted.repository, wrapper), "file");
      CHECK(name_of(found.repository) == name_of(wanted.repository));
      CHECK(found.classes == wanted.classes);
      CHECK(found.has_scores);
      fit_to_images(found, wanted.image.channels, "file");
      check_same(graph, graph_of(found.network, wanted.image, found.classes));
    }
}

TEST_CASE("infer network: what is not known is refused by name", "[interchange]") {
  const Graph graph =
      graph_of(network_from_json(
                   nlohmann::json::parse(R"({"kind":"resnet","preset":"resnet20","form":"cifar"})"), "test"),
               {32, 32, 3}, 10);
  const NamedTensors whole = state_dict(graph, Repository::hidden_networks);
  const auto without = [&](const std::string& start) {
    NamedTensors rest;
    for (const auto& [name, tensor] : whole.all())
      if (!name.starts_with(start)) rest.add(name, tensor);
    return rest;
  };
  CHECK_THROWS_WITH(infer_network(without("fc"), "net"), Contains("net: tensor 'fc.weight' is missing"));
  CHECK_THROWS_WITH(infer_network(without("layer2"), "net"), Contains("stage 2 is missing"));
  CHECK_THROWS_WITH(infer_network(without("layer1.0.conv1"), "net"), Contains("stage 1 has no first block"));
  CHECK_THROWS_WITH(infer_network(without("conv1"), "net"), Contains("known without a configuration"));
  const Graph fold = graph_of(
      network_from_json(
          nlohmann::json::parse(
              R"({"kind":"resnet","shared_norm":true,"block":"basic","stem":{"kernel":3,"channels":8},"stages":[{"channels":8,"blocks":3,"stride":1,"folded":true}]})"),
          "test"),
      {32, 32, 3}, 10);
  CHECK_THROWS_WITH(infer_network(state_dict(fold, Repository::own), "net"),
                    Contains("one norm for all iterations"));
  InferredNetwork found = infer_network(whole, "net");
  CHECK_THROWS_WITH(fit_to_images(found, 2, "net"),
                    Contains("reads 3 channels, the data set's images have 2"));
  CHECK_THROWS_WITH(infer_network(NamedTensors(), "net"), Contains("known without a configuration"));
}
