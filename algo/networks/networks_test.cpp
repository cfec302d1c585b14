// SPDX-License-Identifier: Apache-2.0
// Weight, norm and MAC counts of the published networks, and refused shapes.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "algo/networks/build.hpp"
#include "base/error.hpp"

using namespace wd::algo;
using Catch::Contains;

namespace {

struct Counts {
  std::size_t weights = 0, fold_norm_channels = 0;
};

Counts count(const Graph& graph) {
  Counts counts{graph.weight_count(), 0};
  for (const Node& node : graph.nodes)
    if (node.stage >= 0)
      counts.fold_norm_channels +=
          static_cast<std::size_t>(graph.norms[static_cast<std::size_t>(node.norm)].channels);
  return counts;
}

Graph resnet(const std::string& name, bool imagenet, std::vector<int> folded, int classes) {
  const int side = imagenet ? 224 : 32;
  return build_graph(resnet_preset(name, imagenet, folded, "test"), {side, side, 3}, classes);
}

Graph from_json(const std::string& description, const ImageShape& image, int classes) {
  return build_graph(network_from_json(nlohmann::json::parse(description), "test"), image, classes);
}

std::string message(const std::string& description, const ImageShape& image) {
  try {
    from_json(description, image, 10);
  } catch (const wd::Error& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("models: folded ResNets have the published sizes", "[algo][oracle]") {
  // Millions of weights and channels of unshared norms: Lopez
  // Garcia-Arias et al., IEEE Access 2023 (48.55x: 14.739 M).
  struct Row {
    const char* name;
    std::vector<int> folded;
    bool imagenet;
    double millions;
    std::size_t norm_channels;
  };
  const Row rows[] = {{"resnet50", {}, false, 23.652, 0},
                      {"resnet50", {3, 4}, false, 14.739, 13824},
                      {"resnet101", {3, 4}, false, 14.739, 39936},
                      {"resnet152", {3, 4}, false, 15.853, 59904},
                      {"resnet200", {3, 4}, false, 20.310, 59904},
                      {"wide_resnet50", {3, 4}, false, 39.700, 18432},
                      {"resnet50", {2, 3, 4}, false, 14.182, 16128},
                      {"resnet50", {3, 4}, true, 16.590, 13824},
                      {"resnet200", {3, 4}, true, 22.161, 59904}};
  for (const Row& row : rows) {
    INFO(row.name << " imagenet " << row.imagenet);
    const Counts counts = count(resnet(row.name, row.imagenet, row.folded, row.imagenet ? 1000 : 100));
    CHECK(static_cast<double>(counts.weights) / 1e6 == Approx(row.millions).margin(0.0006));
    CHECK(counts.fold_norm_channels == row.norm_channels);
  }
  // ResNet-56 of width 16, all stages folded.
  const Counts small = count(resnet("resnet56", false, {1, 2, 3}, 10));
  CHECK(small.weights == 174128);
  CHECK(small.fold_norm_channels == 1792);
}

TEST_CASE("models: dense sizes of the published networks", "[algo][oracle]") {
  // 32-bit MB of torchvision's ResNets without biases, CIFAR-100 and ImageNet forms.
  const auto mb = [](const Graph& graph) {
    return static_cast<double>(dense_unfolded_parameters(graph)) * 4e-6;
  };
  CHECK(mb(resnet("resnet18", false, {}, 100)) == Approx(44.88).margin(0.006));
  CHECK(mb(resnet("resnet34", false, {}, 100)) == Approx(85.31).margin(0.006));
  CHECK(mb(resnet("resnet50", false, {}, 100)) == Approx(94.82).margin(0.006));
  CHECK(mb(resnet("resnet152", false, {}, 100)) == Approx(233.36).margin(0.006));
  CHECK(mb(resnet("resnet34", true, {}, 1000)) == Approx(87.19).margin(0.006));
  CHECK(mb(resnet("resnet50", true, {}, 1000)) == Approx(102.22).margin(0.006));
  CHECK(mb(resnet("wide_resnet50", true, {}, 1000)) == Approx(275.53).margin(0.006));
  // Folding does not change what the dense network has.
  CHECK(mb(resnet("resnet50", false, {3, 4}, 100)) == Approx(94.82).margin(0.006));
  CHECK(resnet("resnet18", false, {}, 10).macs() / 1000000 == 555);
}

TEST_CASE("models: Conv2 to Conv8 and the MLP have the published weights", "[algo][oracle]") {
  // Koster et al., ICLR 2022 (weights without biases, CIFAR-10).
  CHECK(from_json(R"({"kind":"conv","depth":2})", {32, 32, 3}, 10).weight_count() == 4300992);
  CHECK(from_json(R"({"kind":"conv","depth":4})", {32, 32, 3}, 10).weight_count() == 2425024);
  CHECK(from_json(R"({"kind":"conv","depth":6})", {32, 32, 3}, 10).weight_count() == 2261184);
  CHECK(from_json(R"({"kind":"conv","depth":8})", {32, 32, 3}, 10).weight_count() == 5275840);
  CHECK(from_json(R"({"kind":"mlp","hidden":[300,100]})", {28, 28, 1}, 10).weight_count() == 266200);
}

TEST_CASE("models: VGGs have the published weights", "[algo][oracle]") {
  // torchvision's parameters, less their biases: one for each channel of a convolution or fully connected layer.
  const struct {
    const char* name;
    std::size_t parameters, conv_channels;
  } published[] = {{"vgg11", 132863336, 2752},
                   {"vgg13", 133047848, 2944},
                   {"vgg16", 138357544, 4224},
                   {"vgg19", 143667240, 5504}};
  const std::size_t full = 4096 + 4096 + 1000;
  for (const auto& vgg : published) {
    INFO(vgg.name);
    const Graph graph = build_graph(conv_preset(vgg.name, true, "--net"), {224, 224, 3}, 1000);
    CHECK(graph.weight_count() == vgg.parameters - vgg.conv_channels - full);
    // At 32 x 32 the same convolutions and one fully connected layer.
    const Graph small = build_graph(conv_preset(vgg.name, false, "--net"), {32, 32, 3}, 10);
    CHECK(small.weight_count() == graph.weight_count() - 25088 * 4096 - 4096 * 4096 - 4096 * 1000 + 5120);
    CHECK(small.norms.size() == small.weights.size() - 1);
  }
}

TEST_CASE("models: networks without residuals, by name, by depth and by stages", "[algo]") {
  const auto same = [](const NetworkConfig& a, const std::string& b) {
    const nlohmann::json json = to_json(network_from_json(nlohmann::json::parse(b), "b"));
    CHECK(to_json(a) == json);
    CHECK(to_json(network_from_json(json, "again")) == json);
  };
  REQUIRE(conv_presets().size() == 8);
  same(conv_preset("conv6", false, "p"), R"({"kind":"conv","depth":6})");
  same(conv_preset("conv2", false, "p"), R"({"kind":"conv","preset":"conv2"})");
  same(conv_preset("vgg16", true, "p"), R"({"kind":"conv","preset":"vgg16","form":"imagenet"})");
  same(conv_preset("vgg11", false, "p"),
       R"({"kind":"conv","norm":true,"stages":[{"channels":64,"layers":1},{"channels":128,"layers":1},
          {"channels":256,"layers":2},{"channels":512,"layers":2},{"channels":512,"layers":2}]})");
  CHECK(from_json(R"({"kind":"conv","stages":[{"channels":4,"layers":1}],"hidden":[6]})", {8, 8, 1}, 3)
            .weight_count() == 9 * 4 + 16 * 4 * 6 + 6 * 3);
  CHECK_THROWS_WITH(conv_preset("conv3", false, "--net"), Contains("--net: 'conv3' is unknown"));
  CHECK_THROWS_WITH(conv_preset("conv4", true, "--net"), Contains("conv4 is for images of 32 x 32"));
  CHECK_THAT(message(R"({"kind":"conv","preset":"vgg11","depth":4})", {32, 32, 3}),
             Contains("'depth' cannot be given with 'preset'"));
  CHECK_THAT(message(R"({"kind":"conv","stages":[{"channels":4,"layers":1}],"depth":4})", {32, 32, 3}),
             Contains("'depth' cannot be given with 'stages'"));
  CHECK_THAT(message(R"({"kind":"conv","stages":[{"channels":4,"blocks":1}]})", {32, 32, 3}),
             Contains("stages[0]: key 'layers' is missing"));
  CHECK_THAT(message(R"({"kind":"conv","preset":"vgg11"})", {16, 16, 3}),
             Contains("does not fit a map of 1x1"));
}

TEST_CASE("models: ResMLP and MLP-Mixer have the published weights, folded or not", "[algo][oracle]") {
  // ResMLP-S24/16 at 224: embed, 24 x (196^2 + 8 * 384^2),
  // head; 29.9 M, and 1.897 M after folding all layers.
  const std::string s24 = R"({"kind":"res_mlp","patch":16,"dim":384,"depth":24,"folds":)";
  const std::size_t layer = 196 * 196 + 8 * 384 * 384, ends = 768 * 384 + 384 * 1000;
  CHECK(from_json(s24 + "0}", {224, 224, 3}, 1000).weight_count() == ends + 24 * layer);
  CHECK(static_cast<double>(ends + layer) / 1e6 == Approx(1.897).margin(0.0005));
  CHECK(from_json(s24 + "1}", {224, 224, 3}, 1000).weight_count() == ends + layer);
  CHECK(from_json(s24 + "3}", {224, 224, 3}, 1000).weight_count() == ends + 3 * layer);
  // Mixer-S/16: 18.5 M parameters.
  const Graph mixer =
      from_json(R"({"kind":"mixer","patch":16,"dim":512,"token_dim":256,"channel_dim":2048,"depth":8})",
                {224, 224, 3}, 1000);
  CHECK(static_cast<double>(mixer.weight_count()) / 1e6 == Approx(18.5).margin(0.1));
}

TEST_CASE("models: the ResMLPs by name have the published sizes", "[algo][oracle]") {
  // Touvron et al., arXiv 2105.03404: 15, 30, 45 and 116 M parameters (biases included, which are not built here).
  const std::vector<std::pair<std::string, double>> published{
      {"res_mlp_s12", 15.35}, {"res_mlp_s24", 30.02}, {"res_mlp_s36", 44.69}, {"res_mlp_b24", 115.7}};
  REQUIRE(res_mlp_presets().size() == published.size());
  for (const auto& [name, millions] : published) {
    INFO(name);
    const auto build = [&name = name](int folds) {
      return build_graph(res_mlp_preset(name, folds, "--fold"), {224, 224, 3}, 1000);
    };
    CHECK(static_cast<double>(build(0).weight_count()) / 1e6 == Approx(millions).epsilon(0.007));
    CHECK(build(1).weight_count() < build(3).weight_count());
  }
  CHECK_THROWS_WITH(res_mlp_preset("res_mlp_s24", 5, "--fold"),
                    Contains("--fold: res_mlp_s24 has 24 layers, which 5 shared ones do not divide"));
  CHECK_THROWS_WITH(res_mlp_preset("res_mlp_s48", 0, "--net"), Contains("'res_mlp_s48' is unknown"));
}

TEST_CASE("models: shared norms belong to all iterations", "[algo]") {
  const std::string folded = R"({"kind":"resnet","preset":"resnet20","fold":[1,2,3],"shared_norm":)";
  const Graph shared = from_json(folded + "true}", {32, 32, 3}, 10),
              own = from_json(folded + "false}", {32, 32, 3}, 10);
  CHECK(own.norms.size() - shared.norms.size() == 6);
  CHECK(own.weight_count() == shared.weight_count());
  CHECK(own.nodes.size() == shared.nodes.size());
}

TEST_CASE("models: what does not fit is refused", "[algo][bad-input]") {
  CHECK_THAT(message(R"({"kind":"resnet","preset":"resnet19"})", {32, 32, 3}),
             Contains("'preset' is \"resnet19\", must be one of resnet101"));
  CHECK_THAT(message(R"({"kind":"resnet","preset":"resnet20","form":"imagenet"})", {224, 224, 3}),
             Contains("'resnet20' has no ImageNet form"));
  CHECK_THAT(message(R"({"kind":"resnet","preset":"resnet50","fold":[5]})", {32, 32, 3}),
             Contains("'fold' names stage 5, 'resnet50' has stages 1 to 4"));
  CHECK_THAT(message(R"({"kind":"conv","depth":8})", {8, 8, 1}),
             Contains("pool of 2x2 does not fit a map of 1x1"));
  CHECK_THAT(message(R"({"kind":"res_mlp","patch":5})", {28, 28, 1}), Contains("'patch' is 5, must divide"));
  CHECK_THAT(message(R"({"kind":"res_mlp","patch":4,"depth":6,"folds":4})", {28, 28, 1}),
             Contains("'folds' is 4, must divide 'depth' (6)"));
  CHECK_THAT(message(R"({"kind":"tower"})", {28, 28, 1}),
             Contains("'kind' is \"tower\", must be one of mlp, conv"));
  CHECK_THAT(message(R"({"kind":"mlp","depth":3})", {28, 28, 1}), Contains("unknown key 'depth'"));
}
