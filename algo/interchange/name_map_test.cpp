// SPDX-License-Identifier: Apache-2.0
#include "algo/interchange/name_map.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "algo/networks/build.hpp"
#include "base/error.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;

namespace {

Graph network(const std::string& description, const ImageShape& image, int classes) {
  return build_graph(network_from_json(nlohmann::json::parse(description), "test"), image, classes);
}

/// Names and shapes of one network in one repository.
class Mapped {
 public:
  Mapped(const Graph& graph, Repository repository) : graph_(graph), map_(name_map(graph, repository)) {
    for (const ModuleName& module : map_.weights) all_.insert(module.name);
    for (const std::string& norm : map_.norms) all_.insert(norm);
    CHECK(all_.size() == graph.weights.size() + graph.norms.size());  // no name twice
  }
  const ModuleName& weights(const std::string& layer) const {
    for (std::size_t i = 0; i < graph_.weights.size(); ++i)
      if (graph_.weights[i].name == layer) return map_.weights[i];
    FAIL("no layer " << layer);
    throw;
  }
  std::string norm(const std::string& name) const {
    for (std::size_t i = 0; i < graph_.norms.size(); ++i)
      if (graph_.norms[i].name == name) return map_.norms[i];
    return "none";
  }
  const NameMap& map() const { return map_; }

 private:
  const Graph& graph_;
  NameMap map_;
  std::set<std::string> all_;
};

}  // namespace

TEST_CASE("name map: ResNets of hidden-networks", "[interchange][oracle]") {
  const Graph imagenet =
      network(R"({"kind":"resnet","preset":"resnet50","form":"imagenet"})", {224, 224, 3}, 1000);
  const Mapped large(imagenet, Repository::hidden_networks);
  CHECK(large.weights("stem").name == "conv1");
  CHECK(large.weights("stem").shape == Dims{64, 3, 7, 7});
  CHECK(large.norm("stem.norm") == "bn1");
  CHECK(large.weights("stage1.block1.conv2").name == "layer1.0.conv2");
  CHECK(large.weights("stage1.block1.shortcut").name == "layer1.0.downsample.0");
  CHECK(large.norm("stage1.block1.shortcut.norm") == "layer1.0.downsample.1");
  CHECK(large.weights("stage4.block3.conv3").name == "layer4.2.conv3");
  CHECK(large.weights("stage4.block3.conv3").shape == Dims{2048, 512, 1, 1});
  CHECK(large.norm("stage4.block3.conv3.norm") == "layer4.2.bn3");
  CHECK(large.weights("classifier").name == "fc");
  CHECK(large.weights("classifier").shape == Dims{1000, 2048, 1, 1});
  CHECK(large.map().score_key == "scores");
  CHECK_FALSE(large.map().scaled);

  const Graph cifar = network(R"({"kind":"resnet","preset":"resnet18"})", {32, 32, 3}, 10);
  const Mapped small(cifar, Repository::hidden_networks);
  CHECK(small.weights("stem").shape == Dims{64, 3, 3, 3});
  CHECK(small.weights("stage2.block1.shortcut").name == "layer2.0.shortcut.0");
  CHECK(small.norm("stage2.block1.shortcut.norm") == "layer2.0.shortcut.1");
  CHECK(small.norm("stage2.block2.conv1.norm") == "layer2.1.bn1");
}

TEST_CASE("name map: plain networks of hidden-networks", "[interchange][oracle]") {
  const std::vector<std::vector<std::string>> convs{{"0", "2"},
                                                    {"0", "2", "5", "7"},
                                                    {"0", "2", "5", "7", "10", "12"},
                                                    {"0", "2", "5", "7", "10", "12", "15", "17"}};
  for (std::size_t i = 0; i < convs.size(); ++i) {
    const std::string description = text(R"({"kind":"conv","norm":false,"depth":)", 2 * i + 2, "}");
    const Graph graph = network(description, {32, 32, 3}, 10);
    const Mapped mapped(graph, Repository::hidden_networks);
    for (std::size_t layer = 0; layer < convs[i].size(); ++layer)
      CHECK(mapped.weights(text("conv", layer + 1)).name == "convs." + convs[i][layer]);
    CHECK(mapped.weights("fc1").name == "linear.0");
    CHECK(mapped.weights("fc2").name == "linear.2");
    CHECK(mapped.weights("classifier").name == "linear.4");
  }
  const Graph conv2 = network(R"({"kind":"conv","norm":false,"depth":2})", {32, 32, 3}, 10);
  CHECK(Mapped(conv2, Repository::hidden_networks).weights("fc1").shape == Dims{256, 64 * 16 * 16, 1, 1});
  const Graph fc = network(R"({"kind":"mlp","hidden":[300,100],"norm":false})", {28, 28, 1}, 10);
  const Mapped mapped(fc, Repository::hidden_networks);
  CHECK(mapped.weights("fc1").name == "linear.0");
  CHECK(mapped.weights("fc1").shape == Dims{300, 784, 1, 1});
  CHECK(mapped.weights("classifier").name == "linear.4");
}

TEST_CASE("name map: folded ResNets of hidden-fold-networks", "[interchange][oracle]") {
  const Graph graph =
      network(R"({"kind":"resnet","preset":"resnet50","fold":[3,4],"affine":"folds"})", {32, 32, 3}, 100);
  const Mapped mapped(graph, Repository::hidden_fold_networks);
  CHECK(mapped.weights("stage2.block2.conv1").name == "stage_2.1.conv1");
  CHECK(mapped.weights("stage3.block1.shortcut").name == "stage_3.0.shortcut.0");
  CHECK(mapped.norm("stage3.block1.shortcut.norm") == "stage_3.0.shortcut.1");
  CHECK(mapped.norm("stage3.block1.conv3.norm") == "stage_3.0.bn3");
  CHECK(mapped.weights("stage3.fold.conv2").name == "stage_3.1.conv2");
  CHECK(mapped.norm("stage3.fold.conv2.norm1") == "stage_3.1.bnorm2_0");
  CHECK(mapped.norm("stage3.fold.conv3.norm5") == "stage_3.1.bnorm3_4");
  CHECK(mapped.weights("classifier").name == "fc");
  const Graph shared =
      network(R"({"kind":"resnet","preset":"resnet50","fold":[3],"shared_norm":true})", {32, 32, 3}, 100);
  CHECK(Mapped(shared, Repository::hidden_fold_networks).norm("stage3.fold.conv2.norm") == "stage_3.1.bn2");
}

TEST_CASE("name map: ResNets of multicoated-supermasks", "[interchange][oracle]") {
  const Graph graph =
      network(R"({"kind":"resnet","preset":"resnet50","form":"imagenet"})", {224, 224, 3}, 1000);
  const Mapped mapped(graph, Repository::multicoated_supermasks);
  CHECK(mapped.weights("stem").name == "backbone.conv1");
  CHECK(mapped.norm("stem.norm") == "backbone.bn1");
  CHECK(mapped.weights("stage3.block6.conv2").name == "backbone.layer3.5.conv2");
  CHECK(mapped.weights("stage3.block1.shortcut").name == "backbone.layer3.0.downsample.0");
  CHECK(mapped.norm("stage3.block1.shortcut.norm") == "backbone.layer3.0.downsample.1");
  CHECK(mapped.weights("classifier").name == "head.fc");
  CHECK(mapped.weights("classifier").shape == Dims{1000, 2048});
  CHECK(mapped.map().score_key == "score");
  CHECK(mapped.map().scaled);
}

TEST_CASE("name map: networks that a repository cannot hold are refused",
          "[interchange][bad-input][message]") {
  const ImageShape image{32, 32, 3};
  const auto refused = [&](const std::string& description, Repository repository,
                           const std::string& message) {
    INFO(description);
    CHECK_THROWS_WITH(name_map(network(description, image, 10), repository), Contains(message));
  };
  const std::string folded = R"({"kind":"resnet","preset":"resnet20","fold":[1]})";
  const std::string mlp = R"({"kind":"res_mlp","patch":8,"dim":8,"channel_dim":8,"depth":1})";
  refused(folded, Repository::hidden_networks,
          "layer 'stage1.fold.conv1' is folded, hidden-networks has no folded blocks; use the names of "
          "hidden-fold-networks");
  refused(folded, Repository::multicoated_supermasks, "multicoated-supermasks has no folded blocks");
  refused(R"({"kind":"conv","depth":2,"norm":false})", Repository::hidden_fold_networks,
          "layer 'conv1' belongs to a network without shortcuts, hidden-fold-networks has ResNets alone");
  refused(R"({"kind":"conv","depth":2,"norm":true})", Repository::hidden_networks,
          "layer 'conv1' has a batch norm, the networks without shortcuts of hidden-networks have none");
  refused(mlp, Repository::hidden_networks, "layer 'embed' has no counterpart in hidden-networks");
  CHECK(name_map(network(mlp, image, 10), Repository::own).weights[0].name == "embed");
}

TEST_CASE("name map: repositories by name", "[interchange][message]") {
  for (const Repository repository : {Repository::own, Repository::hidden_networks,
                                      Repository::hidden_fold_networks, Repository::multicoated_supermasks})
    CHECK(repository_named(name_of(repository), "--from") == repository);
  CHECK_THROWS_WITH(
      repository_named("torchvision", "--from"),
      "--from: repository is 'torchvision', must be one of own, hidden-networks, hidden-fold-networks, "
      "multicoated-supermasks");
}
