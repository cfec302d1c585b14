// SPDX-License-Identifier: Apache-2.0
#include "algo/compress/sizes.hpp"

#include <catch2/catch.hpp>

#include "algo/networks/build.hpp"
#include "base/error.hpp"
#include "hw/formats/stream/compressed_model.hpp"
#include "hw/formats/stream/free_weights.hpp"

using namespace wd;
using namespace wd::compress;

namespace {

algo::Graph net(const std::string& name, bool imagenet, const std::vector<int>& fold) {
  const int side = imagenet ? 224 : 32;
  return algo::build_graph(algo::resnet_preset(name, imagenet, fold, "test"), {side, side, 3},
                           imagenet ? 1000 : 100);
}

Sizes ask(const std::string& name, bool imagenet, const std::vector<int>& fold, const MaskQuestion& question,
          const std::string& baseline) {
  ThreadPool pool(2);
  return sizes_of(net(name, imagenet, fold), {question}, dense_bytes(net(baseline, imagenet, {})), pool);
}

}  // namespace

TEST_CASE("sizes: the published figures of Hidden-Fold Networks", "[compress][oracle]") {
  const Sizes r50 = ask("resnet50", false, {3, 4}, {}, "resnet50");
  CHECK(r50.ratio == Approx(48.55).margin(0.005));
  CHECK(r50.paper_mb == Approx(1.953).margin(0.0005));
  CHECK(ask("resnet152", false, {3, 4}, {}, "resnet50").ratio == Approx(38.53).margin(0.005));
  CHECK(ask("resnet200", true, {3, 4}, {}, "resnet34").ratio == Approx(26.83).margin(0.005));
}

TEST_CASE("sizes: coats, learned signs and freezing", "[compress][oracle]") {
  MaskQuestion question{{0.7, 0.9212, 0.9685}, false, 0};
  CHECK(ask("resnet50", true, {}, question, "resnet50").bits_per_weight == Approx(1.3788).margin(0.00005));
  question.learned_signs = true;
  CHECK(ask("resnet152", true, {3, 4}, question, "resnet152").paper_mib == Approx(4.000).margin(0.0005));
  const double whole = ask("resnet50", true, {}, {{0.7}, false, 0}, "resnet50").mask_bits;
  CHECK(whole / ask("resnet50", true, {}, {{0.7}, false, 0.7}, "resnet50").mask_bits ==
        Approx(10 / 3.0).margin(0.001));
}

TEST_CASE("sizes: random masks have the asked densities, frozen or not", "[compress][statistics]") {
  const algo::WeightShape shape{"layer", 3, 64, 128};
  for (const double frozen : {0.0, 0.5, 0.8})
    for (const bool signs : {false, true}) {
      INFO("frozen " << frozen);
      const model::Weights weights = random_weights(shape, {{0.7, 0.9212, 0.9685}, signs, frozen}, 3);
      std::size_t kept = 0, free = 0, negative = 0;
      for (std::size_t i = 0; i < weights.count(); ++i) {
        kept += weights.levels[i] > 0;
        if (signs) negative += weights.learned_signs[i];
      }
      const auto count = static_cast<double>(weights.count());
      CHECK(static_cast<double>(kept) / count == Approx(0.3).margin(0.005));
      free = stream::FreeCounts(weights).free;
      CHECK(static_cast<double>(free) / count == Approx(1 - frozen).margin(0.005));
      if (signs) CHECK(static_cast<double>(negative) / static_cast<double>(kept) == Approx(0.5).margin(0.01));
      // Frozen at 30 % kept: half of the free ones are, so that a free weight costs a bit.
      if (frozen == 0.8)
        CHECK(8.0 * static_cast<double>(stream::coded_bytes(random_weights(shape, {{0.7}, false, 0.8}, 3))) /
                  count ==
              Approx(0.2).epsilon(0.02));
    }
}

TEST_CASE("sizes: a configuration's masks have its coats, signs, freezing and distribution",
          "[compress][oracle]") {
  const std::vector<algo::WeightShape> shapes{{"small", 3, 16, 32}, {"large", 3, 128, 128}};
  algo::MaskConfig config;  // three coats
  config.signs = algo::MaskSigns::learned;
  for (const MaskQuestion& question : questions_of(config, shapes)) {
    CHECK(question.pruned == std::vector<double>{0.7, 0.9212, 0.9685});
    CHECK(question.learned_signs);
    CHECK((question.frozen == 0 && !question.freeze));
  }
  // As T-SLTH: shares of the frozen weights in proportion to (I + O + 2 K) / (I O K^2), the network's as asked.
  config = {};
  config.coats = 1;
  config.pruned = {0.7};
  config.freeze.pruned = 0.35;
  config.freeze.locked = 0.15;
  config.freeze.distribution = algo::Distribution::erk;
  const std::vector<MaskQuestion> frozen = questions_of(config, shapes);
  double free = 0;
  for (std::size_t l = 0; l < shapes.size(); ++l) {
    CHECK_FALSE(frozen[l].learned_signs);
    const model::Weights weights = random_weights(shapes[l], frozen[l], l);
    free += static_cast<double>(stream::FreeCounts(weights).free);
    std::size_t kept = 0;
    for (const std::uint8_t level : weights.levels) kept += level > 0;
    CHECK(static_cast<double>(kept) / static_cast<double>(weights.count()) == Approx(0.3).margin(0.02));
  }
  CHECK(free / static_cast<double>(shapes[0].count() + shapes[1].count()) == Approx(0.5).margin(0.005));
  CHECK((1 - frozen[0].frozen) / (1 - frozen[1].frozen) > 2);  // small layers stay freer
  // The distribution of the kept weights: equal numbers, so that densities are as the sizes, upside down.
  config = {};
  config.pruned = {0.9, 0.95};
  config.coats = 2;
  config.distribution = algo::Distribution::equal_per_layer;
  const std::vector<algo::WeightShape> near{{"one", 3, 64, 64}, {"twice", 3, 64, 128}};
  const std::vector<MaskQuestion> equal = questions_of(config, near);
  CHECK((1 - equal[0].pruned[0]) == Approx(0.15));
  CHECK((1 - equal[1].pruned[0]) == Approx(0.075));
  CHECK((1 - equal[0].pruned[1]) == Approx(0.075));
  config.method = algo::MaskMethod::dense;
  CHECK_THROWS_WITH(questions_of(config, near),
                    "its weights have no densities before a training; give --coats");
}

TEST_CASE("sizes: a ResNet-152 with folds and 4 % of its weights is a real file 290.5 times smaller",
          "[compress][oracle]") {
  // The thesis's best off-chip ratio; masks drawn at random, all norms in FP16, everything in the file counted.
  const model::Network network = random_model(net("resnet152", false, {3, 4}), {{{0.96}, false, 0}});
  CHECK(static_cast<double>(network.weight_count()) == Approx(15.853e6).margin(500));  // published: 15.853 M
  const stream::CompressedSize size = stream::compressed_size(network);
  CHECK(4 * static_cast<double>(network.dense_unfolded_parameters) / static_cast<double>(size.total_bytes) >
        290.5);
}

TEST_CASE("sizes: a model of ResMLP-S12 takes patches of images, mixes tokens and has GELU", "[compress]") {
  const model::Network network =
      random_model(algo::build_graph(algo::res_mlp_preset("res_mlp_s12", 0, "test"), {224, 224, 3}, 1000),
                   {MaskQuestion{}});
  const model::InputTransform& image = network.input_transform;
  CHECK((image.image_height == 224 && image.patch == 16 && image.image_channels() == 3));
  std::size_t mixes = 0, gelus = 0;
  model::for_each_layer(network, [&](const model::Layer& layer, int) {
    mixes += layer.kind == model::LayerKind::token_mix;
    gelus += layer.gelu;
  });
  CHECK(mixes == 12);
  CHECK(gelus == 12);
  CHECK(network.weight_count() == 12 * (196 * 196 + 2 * 384 * 1536) + 768 * 384 + 384 * 1000);
}

TEST_CASE("sizes: layer norm is in no model, and says so", "[compress][bad-input]") {
  algo::NetworkConfig mixer = algo::res_mlp_preset("res_mlp_s12", 0, "test");
  mixer.kind = algo::NetworkKind::mixer;
  mixer.mlp_norm = "layer";
  CHECK_THROWS_WITH(random_model(algo::build_graph(mixer, {224, 224, 3}, 1000), {MaskQuestion{}}),
                    "--model: node 'layer1.norm1': layer norm is not in the chip; use norm 'batch'");
}

TEST_CASE("sizes: a model of ImageNet's ResNet-18 pools after its stem", "[compress]") {
  const model::Network network = random_model(net("resnet18", true, {}), {{{0.9}, false, 0}});
  const auto& pool = std::get<model::Layer>(network.steps[1]);
  CHECK(pool.kind == model::LayerKind::pool);
  CHECK(network.tensors[static_cast<std::size_t>(pool.input)].height == 112);
  CHECK(network.tensors[static_cast<std::size_t>(pool.output)].height == 56);
}

TEST_CASE("sizes: real bytes are near the entropy, and ask for sane fractions", "[compress][oracle]") {
  const Sizes sparse = ask("resnet50", false, {3, 4}, {{0.9}, false, 0}, "resnet50");
  CHECK(sparse.real_bits_per_weight == Approx(0.4690).epsilon(0.01));  // H(0.1)
  ThreadPool pool(1);
  CHECK_THROWS_WITH(sizes_of(net("resnet20", false, {}), {{{0.9, 0.5}, false, 0}}, 1, pool),
                    Catch::Contains("--coats: holds 0.5, fractions must ascend"));
  CHECK_THROWS_WITH(sizes_of(net("resnet20", false, {}), {{{0.5}, false, 1}}, 1, pool),
                    Catch::Contains("--freeze is 1"));
}
