// SPDX-License-Identifier: Apache-2.0
// The exported network, run by a plain interpreter with integer accumulators and hw/numerics, against the
// hardware model of the trained one.
#include "algo/quantize/export.hpp"

#include <catch2/catch.hpp>

#include "algo/quantize/hardware.hpp"
#include "algo/quantize/model_interpreter.hpp"
#include "algo/quantize/quantized_executor.hpp"
#include "hw/formats/stream/compressed_model.hpp"
#include "hw/formats/stream/free_weights.hpp"
#include "hw/formats/stream/plain/compressed_model.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;

namespace {

constexpr const char* folded =
    R"({"kind": "resnet", "patch": 4, "stem": {"channels": 16}, "stages":
        [{"channels": 16, "blocks": 3, "stride": 1, "folded": true},
         {"channels": 32, "blocks": 4, "stride": 2, "folded": true}]})";
constexpr const char* shared =
    R"({"kind": "resnet", "patch": 4, "split_pixels": true, "stem": {"channels": 16}, "shared_norm": true,
        "always_project": true, "stages": [{"channels": 16, "blocks": 3, "stride": 2, "folded": true}]})";
constexpr const char* bottleneck =
    R"({"kind": "resnet", "patch": 4, "block": "bottleneck", "stem": {"channels": 16}, "stages":
        [{"channels": 8, "blocks": 2, "stride": 1}, {"channels": 16, "blocks": 3, "stride": 2, "folded": true}]})";
constexpr const char* mlp = R"({"kind": "mlp", "hidden": [32, 16]})";
constexpr const char* pooled_stem =
    R"({"kind": "resnet", "patch": 1, "stem": {"channels": 16, "kernel": 7, "stride": 2, "max_pool": true},
        "stages": [{"channels": 16, "blocks": 2, "stride": 1}, {"channels": 24, "blocks": 1, "stride": 2}]})";
constexpr const char* res_mlp =
    R"({"kind": "res_mlp", "patch": 7, "dim": 20, "channel_dim": 24, "depth": 4, "folds": 2, "gelu": false})";
constexpr const char* res_mlp_gelu =
    R"({"kind": "res_mlp", "patch": 7, "dim": 20, "channel_dim": 24, "depth": 2})";
constexpr const char* mixer =
    R"({"kind": "mixer", "patch": 7, "dim": 12, "token_dim": 9, "depth": 3, "norm": "batch", "gelu": false})";
constexpr const char* plain = R"({"kind": "conv", "patch": 4, "depth": 2, "width": 0.125})";
constexpr const char* coats = R"({})";
constexpr const char* learned =
    R"({"signs": "learned", "coats": 7, "schedule": {"kind": "uniform", "first": 0.5}})";

/// Behind the stem come a norm with ReLU and another, to which the stem's output is added.
void add_norms(Graph& graph) {
  const int x = graph.nodes[0].output;
  const TensorShape shape = graph.tensor_of(x);
  const auto add = [&](const char* name, NormKind kind, int input, int residual, Activation activation) {
    graph.tensors.push_back({name, shape.height, shape.width, shape.channels});
    graph.activations.push_back(static_cast<int>(graph.tensors.size()) - 1);
    graph.norms.push_back({name, kind, shape.channels});
    return Node{.kind = NodeKind::norm,
                .name = name,
                .norm = static_cast<int>(graph.norms.size()) - 1,
                .input = input,
                .output = static_cast<int>(graph.activations.size()) - 1,
                .residual = residual,
                .activation = activation};
  };
  const Node first = add("plain", NormKind::batch, x, -1, Activation::relu),
             second = add("sum", NormKind::affine, first.output, x, Activation::none);
  for (std::size_t n = 1; n < graph.nodes.size(); ++n)
    for (int* read : {&graph.nodes[n].input, &graph.nodes[n].residual})
      if (*read == x) *read = second.output;
  graph.nodes.insert(graph.nodes.begin() + 1, {first, second});
}

model::Network exported(const QuantizedExecutor& from) {
  return export_network(*from.executor, from.norms, from.scales, {"tiny", "fashion-mnist", 1}, from.format);
}

}  // namespace

TEST_CASE("export: the network's scores equal the hardware model's, bit for bit", "[algo][oracle]") {
  for (const char* network :
       {folded, shared, bottleneck, mlp, pooled_stem, plain, res_mlp, res_mlp_gelu, mixer})
    for (const char* supermask : {coats, learned}) {
      INFO(network << supermask);
      const QuantizedExecutor from(network, supermask);
      REQUIRE(not_for_chip(*from.executor).empty());
      const model::Network model = exported(from);
      const HardwareModel hardware(*from.executor, from.norms, from.scales, from.format);
      const auto expected = hardware.scores(from.images, 0, 4);
      ModelInterpreter interpreter(model);
      for (std::size_t n = 0; n < 4; ++n) CHECK(interpreter.scores(from.images.image(n)) == expected[n]);
    }
}

TEST_CASE("export: norms without products become elementwise layers, with the scores of the hardware model",
          "[algo][oracle]") {
  for (const char* supermask : {coats, learned}) {
    const QuantizedExecutor from(bottleneck, supermask, add_norms);
    const model::Network model = exported(from);
    const auto &plain_layer = std::get<model::Layer>(model.steps[1]),
               &sum = std::get<model::Layer>(model.steps[2]);
    CHECK(plain_layer.kind == model::LayerKind::elementwise);
    CHECK(plain_layer.relu);
    CHECK(sum.residual == plain_layer.input);
    const HardwareModel hardware(*from.executor, from.norms, from.scales, from.format);
    const auto expected = hardware.scores(from.images, 0, 4);
    ModelInterpreter interpreter(model);
    for (std::size_t n = 0; n < 4; ++n) CHECK(interpreter.scores(from.images.image(n)) == expected[n]);
  }
}

TEST_CASE("export: folds become loops with a norm per iteration, signs are random or learned", "[algo]") {
  const QuantizedExecutor from(folded, coats), taught(folded, learned);
  const model::Network random = exported(from), own = exported(taught);
  REQUIRE(random.steps.size() == 9);  // stem; two convolutions, fold; two and a shortcut, fold; classifier
  const auto& loop = std::get<model::Loop>(random.steps[3]);
  CHECK(loop.count == 2);
  REQUIRE(loop.body.size() == 2);
  CHECK(loop.body[0].norms.size() == 2);
  CHECK(loop.body[0].norms[0].beta.size() == 16);
  CHECK(random.weight_count() == from.executor->graph().weight_count());
  CHECK(random.dense_unfolded_parameters == dense_unfolded_parameters(from.executor->graph()));
  CHECK(random.dataset == "fashion-mnist");
  for (std::size_t w = 0; w < own.weights.size(); ++w) {
    CHECK(random.weights[w].signs == model::SignSource::random);
    CHECK(random.weights[w].learned_signs.empty());
    CHECK(random.weights[w].coats == 3);
    CHECK(own.weights[w].signs == model::SignSource::learned);
    CHECK(own.weights[w].coats == 7);
    const Supermask& mask = taught.executor->masks()[w];
    CHECK(own.weights[w].learned_signs == mask.learned_signs());
    // Signs of weights that are not there are not stored.
    for (std::size_t i = 0; i < own.weights[w].count(); ++i)
      if (own.weights[w].levels[i] == 0) REQUIRE(own.weights[w].learned_signs[i] == 0);
  }
}

TEST_CASE("export: frozen weights are named by their seed, and the file leaves them out", "[algo][freeze]") {
  const std::pair<const char*, double> cases[] = {
      {R"({"pruned": [0.7], "freeze": {"balanced": 0.6}})", 0.6},
      {R"({"freeze": {"pruned": 0.3, "locked": 0.02}})", 0.32},
      {R"({"pruned": [0.6, 0.8], "signs": "learned", "freeze": {"pruned": 0.4, "locked": 0.1}})", 0.5}};
  for (const auto& [supermask, fraction] : cases) {
    INFO(supermask);
    const QuantizedExecutor from(folded, supermask);
    const model::Network network = exported(from);
    std::size_t count = 0, free = 0;
    for (const model::Weights& weights : network.weights) {
      REQUIRE(weights.freeze);
      CHECK(weights.freeze->level == static_cast<int>(from.executor->masks()[0].coats()));
      count += weights.count();
      free += stream::FreeCounts(weights).free;
    }
    const double frozen = 1 - static_cast<double>(free) / static_cast<double>(count);
    CHECK(frozen == Approx(fraction).margin(0.02));
    // encode_network() refuses a level that its seed does not make.
    const model::Network back = stream::decode_network(stream::encode_network(network, "frozen"));
    for (std::size_t w = 0; w < network.weights.size(); ++w) {
      CHECK(back.weights[w].levels == network.weights[w].levels);
      CHECK(back.weights[w].learned_signs == network.weights[w].learned_signs);
    }
  }
}

TEST_CASE("export: token mixing and GELU survive compression, for both readers", "[algo][round-trip]") {
  const QuantizedExecutor from(res_mlp_gelu, learned);
  const model::Network network = exported(from);
  std::size_t mixes = 0, gelus = 0;
  model::for_each_layer(network, [&](const model::Layer& layer, int) {
    mixes += layer.kind == model::LayerKind::token_mix;
    gelus += layer.gelu;
  });
  CHECK(mixes == 2);
  CHECK(gelus == 2);
  const Container file = stream::encode_network(network, "tokens");
  const model::Network back = stream::decode_network(file);
  CHECK(model::describe(back) == model::describe(network));
  CHECK(model::flatten_norms(back) == model::flatten_norms(network));
  const stream::plain::Model second = stream::plain::read_compressed(file.serialize());
  CHECK(second.norms == model::flatten_norms(network));
  for (std::size_t w = 0; w < network.weights.size(); ++w) {
    CHECK(back.weights[w].levels == network.weights[w].levels);
    CHECK(std::equal(second.weights[w].levels.begin(), second.weights[w].levels.end(),
                     network.weights[w].levels.begin(), network.weights[w].levels.end()));
  }
}

TEST_CASE("export: what the chip lacks is refused with the node and the reason", "[algo][bad-input]") {
  const auto refused = [](const char* network) {
    const QuantizedExecutor from(network, coats);
    const std::string reason = not_for_chip(*from.executor);
    CHECK_THROWS_WITH(exported(from), "tiny: cannot be exported to the chip: " + reason);
    return reason;
  };
  CHECK_THAT(refused(R"({"kind": "mixer", "patch": 7, "dim": 8, "depth": 1})"),
             Contains("node 'layer1.norm1': layer norm needs statistics of the activations"));
  // No network has these without a norm before them.
  Graph graph;
  graph.tensors = {{"input", 2, 2, 4}, {"mixed", 2, 2, 4}, {"scores", 1, 1, 10}};
  graph.activations = {0, 1, 2};
  graph.weights = {{"mix", 1, 4, 4}, {"classifier", 2, 4, 10}};
  graph.nodes.resize(2);
  graph.nodes[0] = {.kind = NodeKind::token_mix, .name = "mix", .weights = 0, .input = 0, .output = 1};
  graph.nodes[1] = {.name = "classifier", .weights = 1, .input = 1, .output = 2, .kernel = 2};
  ThreadPool pool(1);
  CHECK(not_for_chip(*make_executor({}, graph, pool)).empty());
  graph.nodes[0].kind = NodeKind::conv;
  graph.nodes[0].activation = Activation::gelu;
  CHECK(not_for_chip(*make_executor({}, graph, pool)).empty());
  graph.nodes[0].residual = 0;
  CHECK(not_for_chip(*make_executor({}, graph, pool)) ==
        "node 'mix': GELU after a residual; add the residual behind it, or take ReLU");
}
