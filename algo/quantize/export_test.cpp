// SPDX-License-Identifier: Apache-2.0
// The exported network, run by a plain interpreter with integer accumulators and hw/numerics, against the
// hardware model of the trained one.
#include "algo/quantize/export.hpp"

#include <catch2/catch.hpp>

#include "algo/quantize/hardware.hpp"
#include "algo/quantize/quantized_engine.hpp"
#include "algo/train/trainer.hpp"
#include "hw/formats/model/input_image.hpp"
#include "hw/formats/stream/compressed_model.hpp"
#include "hw/formats/stream/free_weights.hpp"
#include "hw/formats/stream/sign_generator.hpp"
#include "hw/numerics/post.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;

namespace {

class Interpreter {
 public:
  explicit Interpreter(const model::Network& network) : network_(network), image_(network) {
    for (const model::Weights& w : network.weights) {
      const stream::SignGenerator random(w.sign_seed);
      std::vector<int> values(w.levels.begin(), w.levels.end());
      for (std::size_t i = 0; i < values.size(); ++i)
        if (w.signs == model::SignSource::learned ? w.learned_signs[i] == 1 : random.negative(i))
          values[i] = -values[i];
      weights_.push_back(values);
    }
  }

  std::vector<numerics::Fp16> scores(std::span<const std::uint8_t> pixels) {
    tensors_.clear();
    for (const model::Tensor& t : network_.tensors)
      tensors_.emplace_back(static_cast<std::size_t>(t.height * t.width * t.channels));
    image_.convert(pixels, tensors_[static_cast<std::size_t>(network_.input)]);
    for (const model::Step& step : network_.steps) {
      if (const auto* conv = std::get_if<model::Conv>(&step)) {
        run(*conv, 0);
      } else {
        const auto& loop = std::get<model::Loop>(step);
        for (int t = 0; t < loop.count; ++t)
          for (const model::Conv& inner : loop.body) run(inner, static_cast<std::size_t>(t));
      }
    }
    return scores_;
  }

 private:
  std::int64_t accumulate(const model::Conv& conv, int y, int x, int o) const {
    const model::Tensor& in = network_.tensors[static_cast<std::size_t>(conv.input)];
    const model::Weights& w = network_.weights[static_cast<std::size_t>(conv.weights)];
    const std::vector<std::uint8_t>& codes = tensors_[static_cast<std::size_t>(conv.input)];
    const int kernel_h = conv.pooled ? in.height : w.kernel_h, kernel_w = conv.pooled ? in.width : w.kernel_w;
    std::int64_t sum = 0;
    for (int ky = 0; ky < kernel_h; ++ky)
      for (int kx = 0; kx < kernel_w; ++kx) {
        const int iy = y * conv.stride + ky - conv.pad, ix = x * conv.stride + kx - conv.pad;
        if (iy < 0 || iy >= in.height || ix < 0 || ix >= in.width) continue;
        const int tap = conv.pooled ? 0 : ky * w.kernel_w + kx;
        for (int i = 0; i < in.channels; ++i)
          sum += std::int64_t{numerics::fp8_units(
                     codes[static_cast<std::size_t>((iy * in.width + ix) * in.channels + i)])} *
                 weights_[static_cast<std::size_t>(conv.weights)]
                         [static_cast<std::size_t>((o * w.kernel_h * w.kernel_w + tap) * in.channels + i)];
      }
    return sum;
  }

  void run(const model::Conv& conv, std::size_t iteration) {
    const int channels = network_.weights[static_cast<std::size_t>(conv.weights)].out_channels;
    const bool last = conv.output < 0;
    const model::Tensor one{"", 1, 1, channels, 0};
    const model::Tensor& out = last ? one : network_.tensors[static_cast<std::size_t>(conv.output)];
    if (last) scores_.clear();
    std::vector<std::uint8_t> result;
    for (int y = 0; y < out.height; ++y)
      for (int x = 0; x < out.width; ++x)
        for (int o = 0; o < channels; ++o) {
          const auto c = static_cast<std::size_t>(o);
          const model::Norm& norm = conv.norms[iteration];
          numerics::Fp16 z = numerics::fp16_fma(numerics::post_scale(accumulate(conv, y, x, o), 0),
                                                norm.gamma[c], norm.beta[c]);
          if (conv.residual) {
            const auto r = static_cast<std::size_t>(*conv.residual);
            z = numerics::post_residual(z, tensors_[r][result.size()],
                                        out.scale_exp - network_.tensors[r].scale_exp);
          }
          if (conv.relu) z = numerics::post_relu(z);
          if (last) scores_.push_back(z);
          result.push_back(numerics::fp8_from_fp16(z).code);
        }
    if (!last) tensors_[static_cast<std::size_t>(conv.output)] = result;
  }

  const model::Network& network_;
  model::InputImage image_;
  std::vector<std::vector<int>> weights_;
  std::vector<std::vector<std::uint8_t>> tensors_;
  std::vector<numerics::Fp16> scores_;
};

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
constexpr const char* coats = R"({})";
constexpr const char* learned =
    R"({"signs": "learned", "coats": 7, "schedule": {"kind": "uniform", "first": 0.5}})";

model::Network exported(const QuantizedEngine& from) {
  return export_network(*from.engine, from.norms, from.scales, from.config, from.format);
}

}  // namespace

TEST_CASE("export: the network's scores equal the hardware model's, bit for bit", "[algo][oracle]") {
  for (const char* network : {folded, shared, bottleneck, mlp})
    for (const char* supermask : {coats, learned}) {
      INFO(network << supermask);
      const QuantizedEngine from(network, supermask);
      REQUIRE(not_for_chip(*from.engine).empty());
      const model::Network model = exported(from);
      const HardwareModel hardware(*from.engine, from.norms, from.scales, from.format);
      const auto expected = hardware.scores(from.images, 0, 4);
      Interpreter interpreter(model);
      for (std::size_t n = 0; n < 4; ++n) CHECK(interpreter.scores(from.images.image(n)) == expected[n]);
    }
}

TEST_CASE("export: folds become loops with a norm per iteration, signs are random or learned", "[algo]") {
  const QuantizedEngine from(folded, coats), taught(folded, learned);
  const model::Network random = exported(from), own = exported(taught);
  REQUIRE(random.steps.size() == 9);  // stem; two convolutions, fold; two and a shortcut, fold; classifier
  const auto& loop = std::get<model::Loop>(random.steps[3]);
  CHECK(loop.count == 2);
  REQUIRE(loop.body.size() == 2);
  CHECK(loop.body[0].norms.size() == 2);
  CHECK(loop.body[0].norms[0].beta.size() == 16);
  CHECK(random.weight_count() == from.engine->graph().weight_count());
  CHECK(random.dense_unfolded_parameters == dense_unfolded_parameters(from.engine->graph()));
  CHECK(random.dataset == "fashion-mnist");
  for (std::size_t w = 0; w < own.weights.size(); ++w) {
    CHECK(random.weights[w].signs == model::SignSource::random);
    CHECK(random.weights[w].learned_signs.empty());
    CHECK(random.weights[w].coats == 3);
    CHECK(own.weights[w].signs == model::SignSource::learned);
    CHECK(own.weights[w].coats == 7);
    const Supermask& mask = taught.engine->masks()[w];
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
    const QuantizedEngine from(folded, supermask);
    const model::Network network = exported(from);
    std::size_t count = 0, free = 0;
    for (const model::Weights& weights : network.weights) {
      REQUIRE(weights.freeze);
      CHECK(weights.freeze->level == static_cast<int>(from.engine->masks()[0].coats()));
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

TEST_CASE("export: a trained network keeps its measured accuracy", "[algo][oracle]") {
  const ImageSet images = synthetic_images(400, 1), test = synthetic_images(100, 2);
  TrainConfig config = QuantizedEngine(folded, coats).config;
  config.batch = 40;
  config.epochs = 4;
  config.quantization.fp8_epochs = 1;
  const TrainResult result = train(config, images, test, {.threads = 2});
  REQUIRE(result.network);
  REQUIRE(result.accuracy_hw);
  CHECK(*result.accuracy_hw > 0.5);
  Interpreter interpreter(*result.network);
  std::size_t right = 0;
  for (std::size_t n = 0; n < test.count(); ++n) {
    std::vector<float> scores;
    for (numerics::Fp16 s : interpreter.scores(test.image(n))) scores.push_back(numerics::fp16_to_float(s));
    right += std::max_element(scores.begin(), scores.end()) - scores.begin() == test.labels[n];
  }
  CHECK(static_cast<double>(right) / 100 == *result.accuracy_hw);
  CHECK(*result.accuracy_hw == Approx(result.accuracy_fp8).margin(0.03));
}

TEST_CASE("export: what the chip lacks is refused with the node and the reason", "[algo][bad-input]") {
  const auto refused = [](const char* network) {
    const QuantizedEngine from(network, coats);
    const std::string reason = not_for_chip(*from.engine);
    CHECK_THROWS_WITH(exported(from), "tiny: cannot be exported to the chip: " + reason);
    return reason;
  };
  CHECK(refused(R"({"kind": "conv", "patch": 4, "depth": 2, "width": 0.125})") ==
        "node 'pool1': max pooling is not in the chip");
  CHECK(refused(R"({"kind": "res_mlp", "patch": 7, "dim": 8, "depth": 1})") ==
        "node 'layer1.norm1': a norm without products is not in the chip");
  // No network has these without a norm before them.
  Graph graph;
  graph.tensors = {{"input", 2, 2, 4}, {"mixed", 2, 2, 4}, {"scores", 1, 1, 10}};
  graph.activations = {0, 1, 2};
  graph.weights = {{"mix", 1, 4, 4}, {"classifier", 2, 4, 10}};
  graph.nodes.resize(2);
  graph.nodes[0] = {.kind = NodeKind::token_mix, .name = "mix", .weights = 0, .input = 0, .output = 1};
  graph.nodes[1] = {.name = "classifier", .weights = 1, .input = 1, .output = 2, .kernel = 2};
  ThreadPool pool(1);
  const TrainConfig config;
  CHECK(not_for_chip(*make_engine(config, graph, pool)) == "node 'mix': token mixing is not in the chip");
  graph.nodes[0].kind = NodeKind::conv;
  graph.nodes[0].activation = Activation::gelu;
  CHECK(not_for_chip(*make_engine(config, graph, pool)) == "node 'mix': GELU is not in the chip");
  graph.nodes[0].residual = 0;
  CHECK(not_for_chip(*make_engine(config, graph, pool)) == "node 'mix': GELU after a residual");
}
