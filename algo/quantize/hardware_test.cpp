// SPDX-License-Identifier: Apache-2.0
// Scores in the hardware's arithmetic against a plain interpreter of the graph: 64-bit integer sums and
// hw/numerics, one value at a time.
#include "algo/quantize/hardware.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "algo/quantize/quantized_executor.hpp"
#include "hw/formats/model/input_image.hpp"
#include "hw/formats/stream/sign_generator.hpp"
#include "hw/numerics/post.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;

namespace {

struct HardwareCase {
  const char* name;
  const char* network;
  const char* supermask;
  void (*change)(Graph&) = nullptr;
};

void drop_relus(Graph& graph) {
  for (Node& node : graph.nodes)
    if (node.kind == NodeKind::conv) node.activation = Activation::none;
}

constexpr HardwareCase hardware_cases[] = {
    {"MLP", R"({"kind": "mlp", "hidden": [24, 12]})", R"({})"},
    {"conv with max pools", R"({"kind": "conv", "patch": 2, "depth": 4, "width": 0.125, "norm": true})",
     R"({"signs": "learned", "coats": 7, "schedule": {"kind": "uniform", "first": 0.5}})"},
    {"conv without norm", R"({"kind": "conv", "patch": 4, "depth": 2, "width": 0.125})",
     R"({"coats": 1, "pruned": [0.5]})"},
    {"max pools of negative values",
     R"({"kind": "conv", "patch": 4, "depth": 2, "width": 0.125, "norm": true})", R"({})", drop_relus},
    {"ResNet, padded max pool, shared norm",
     R"({"kind": "resnet", "patch": 4, "split_pixels": true, "stem": {"channels": 20, "max_pool": true}, "shared_norm": true,
      "stages": [{"channels": 20, "blocks": 3, "stride": 1, "folded": true}, {"channels": 24, "blocks": 2, "stride": 2}]})",
     R"({"coats": 3, "freeze": {"pruned": 0.2, "locked": 0.03}})"},
    {"bottleneck ResNet",
     R"({"kind": "resnet", "patch": 4, "block": "bottleneck", "stem": {"channels": 8}, "affine": "none",
      "stages": [{"channels": 6, "blocks": 3, "stride": 2, "folded": true}]})",
     R"({"method": "signed_threshold", "threshold": 0.2})"},
    {"folded ResMLP, GELU",
     R"({"kind": "res_mlp", "patch": 7, "dim": 12, "channel_dim": 20, "depth": 4, "folds": 2})", R"({})"},
    {"folded Mixer, batch norm, GELU",
     R"({"kind": "mixer", "patch": 7, "dim": 12, "token_dim": 9, "depth": 4, "folds": 2, "norm": "batch"})",
     R"({"signs": "learned", "coats": 3, "schedule": {"kind": "literal"}})"},
    {"Mixer, batch norm, ReLU",
     R"({"kind": "mixer", "patch": 7, "dim": 12, "token_dim": 9, "depth": 1, "norm": "batch", "gelu": false})",
     R"({"scope": "global"})"}};

/// One image's way through the graph; tensors are positions x C.
class Interpreter {
 public:
  explicit Interpreter(const QuantizedExecutor& from)
      : graph_(from.executor->graph()),
        norms_(from.norms),
        scales_(from.scales),
        input_(from.format.transform(), from.scales[0]) {
    for (const Supermask& mask : from.executor->masks().layers()) {
      const std::vector<std::uint8_t> levels = mask.levels(), learned = mask.learned_signs();
      const stream::SignGenerator random(mask.sign_seed());
      std::vector<std::int64_t> values(levels.begin(), levels.end());
      for (std::size_t i = 0; i < values.size(); ++i)
        if (mask.has_learned_signs() ? learned[i] == 1 : random.negative(i)) values[i] = -values[i];
      weights_.push_back(values);
    }
  }

  std::vector<numerics::Fp16> scores(std::span<const std::uint8_t> pixels) {
    codes_.assign(graph_.activations.size(), {});
    const TensorShape& shape = graph_.tensors[0];
    codes_[0].resize(shape.positions() * at(shape.channels));
    input_.convert(pixels, codes_[0]);
    std::vector<numerics::Fp16> last;
    for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
      if (graph_.nodes[n].kind == NodeKind::average_pool) continue;  // the classifier sums
      last = run(n);
    }
    return last;
  }

 private:
  static std::size_t at(int i) { return static_cast<std::size_t>(i); }

  std::int64_t units(int activation, int position, int channel) const {
    const int channels = graph_.tensor_of(activation).channels;
    return numerics::fp8_units(codes_[at(activation)][at(position * channels + channel)]);
  }

  std::int64_t conv(const Node& node, int y, int x, int o) const {
    const WeightShape& w = graph_.weights[at(node.weights)];
    int input = node.input;
    bool pooled = false;
    for (const Node& pool : graph_.nodes)
      if (pool.kind == NodeKind::average_pool && pool.output == node.input) {
        input = pool.input;
        pooled = true;
      }
    const TensorShape& in = graph_.tensor_of(input);
    const int height = pooled ? in.height : w.kernel, width = pooled ? in.width : w.kernel;
    std::int64_t sum = 0;
    for (int ky = 0; ky < height; ++ky)
      for (int kx = 0; kx < width; ++kx) {
        const int v = y * node.stride + ky - node.pad, h = x * node.stride + kx - node.pad;
        if (v < 0 || h < 0 || v >= in.height || h >= in.width) continue;
        const int tap = pooled ? 0 : ky * w.kernel + kx;
        for (int i = 0; i < in.channels; ++i)
          sum += units(input, v * in.width + h, i) *
                 weights_[at(node.weights)][at((o * w.kernel * w.kernel + tap) * in.channels + i)];
      }
    return sum;
  }

  std::int64_t sum(const Node& node, int position, int channel) const {
    const TensorShape& out = graph_.tensor_of(node.output);
    if (node.kind == NodeKind::norm) return units(node.input, position, channel);
    if (node.kind == NodeKind::conv) return conv(node, position / out.width, position % out.width, channel);
    const int tokens = graph_.weights[at(node.weights)].in_channels;
    std::int64_t sum = 0;
    for (int i = 0; i < tokens; ++i)
      sum += units(node.input, i, channel) * weights_[at(node.weights)][at(position * tokens + i)];
    return sum;
  }

  /// The code nearest to GELU of a code's value; ties do not occur.
  std::uint8_t gelu(std::uint8_t code, int scale_exp) const {
    const double x = std::ldexp(numerics::fp8_units(code), -9 - scale_exp);
    const double y = std::ldexp(x / 2 * std::erfc(-x / std::sqrt(2.0)), scale_exp + 9);
    std::uint8_t best = 0;
    for (int other = 0; other < 256; ++other) {
      const auto candidate = static_cast<std::uint8_t>(other);
      if ((candidate & 0x7f) == numerics::fp8_nan || candidate == 0x80) continue;
      if (std::abs(numerics::fp8_units(candidate) - y) < std::abs(numerics::fp8_units(best) - y))
        best = candidate;
    }
    return best;
  }

  std::uint8_t largest(const Node& node, int position, int channel) const {
    const TensorShape &in = graph_.tensor_of(node.input), &out = graph_.tensor_of(node.output);
    std::optional<std::uint8_t> best;
    for (int ky = 0; ky < node.kernel; ++ky)
      for (int kx = 0; kx < node.kernel; ++kx) {
        const int y = position / out.width * node.stride + ky - node.pad,
                  x = position % out.width * node.stride + kx - node.pad;
        if (y < 0 || x < 0 || y >= in.height || x >= in.width) continue;
        const std::uint8_t code = codes_[at(node.input)][at((y * in.width + x) * in.channels + channel)];
        if (!best || numerics::fp8_to_float(code) > numerics::fp8_to_float(*best)) best = code;
      }
    return best.value();
  }

  /// A node's results before FP8; its codes go into codes_.
  std::vector<numerics::Fp16> run(std::size_t n) {
    const Node& node = graph_.nodes[n];
    const TensorShape& out = graph_.tensor_of(node.output);
    const int tensor = graph_.activations[at(node.output)];
    std::vector<numerics::Fp16> values;
    std::vector<std::uint8_t>& codes = codes_[at(node.output)];
    for (int p = 0; p < out.height * out.width; ++p)
      for (int c = 0; c < out.channels; ++c) {
        if (node.kind == NodeKind::max_pool) {
          codes.push_back(largest(node, p, c));
          continue;
        }
        numerics::Fp16 z = numerics::fp16_fma(numerics::post_scale(sum(node, p, c), 0),
                                              norms_[n].gamma[at(c)], norms_[n].beta[at(c)]);
        if (node.residual >= 0)
          z = numerics::post_residual(
              z, codes_[at(node.residual)][codes.size()],
              scales_[at(tensor)] - scales_[at(graph_.activations[at(node.residual)])]);
        if (node.activation == Activation::relu) z = numerics::post_relu(z);
        values.push_back(z);
        const std::uint8_t code = numerics::fp8_from_fp16(z).code;
        codes.push_back(node.activation == Activation::gelu ? gelu(code, scales_[at(tensor)]) : code);
      }
    return values;
  }

  Graph graph_;
  std::vector<model::Norm> norms_;
  std::vector<int> scales_;
  model::InputImage input_;
  std::vector<std::vector<std::int64_t>> weights_;  // O x KH x KW x I
  std::vector<std::vector<std::uint8_t>> codes_;
};

std::string refused(const char* network, const char* supermask = "{}") {
  ThreadPool pool(1);
  ExecutorConfig config;
  config.supermask = mask_config_from_json(nlohmann::json::parse(supermask), "tiny");
  config.batch = 2;
  const Graph graph = build_graph(network_from_json(nlohmann::json::parse(network), "tiny"), {28, 28, 1}, 10);
  const auto executor = make_executor(config, graph, pool);
  const std::string reason = HardwareModel::unsupported(*executor);
  if (!reason.empty())
    CHECK_THROWS_WITH(HardwareModel(*executor, {}, {}, {}), "no bit-exact form: " + reason);
  return reason;
}

}  // namespace

TEST_CASE("hardware model: scores equal a plain integer interpreter, bit for bit", "[algo][oracle]") {
  for (const HardwareCase& tiny : hardware_cases) {
    INFO(tiny.name);
    const QuantizedExecutor from(tiny.network, tiny.supermask, tiny.change);
    REQUIRE(HardwareModel::unsupported(*from.executor).empty());
    const HardwareModel hardware(*from.executor, from.norms, from.scales, from.format);
    Interpreter interpreter(from);
    const auto scores = hardware.scores(from.images, 3, 6);
    REQUIRE(scores.size() == 6);
    std::size_t different = 0;
    for (std::size_t i = 0; i < 6; ++i) {
      CHECK(scores[i] == interpreter.scores(from.images.image(3 + i)));
      different += scores[i] != scores[0];
    }
    CHECK(different == 5);  // the network says something about its images
  }
}

TEST_CASE("hardware model: keeps near the executor's FP8", "[algo]") {
  for (const HardwareCase& tiny : hardware_cases) {
    INFO(tiny.name);
    QuantizedExecutor from(tiny.network, tiny.supermask, tiny.change);
    std::vector<std::uint32_t> indices(16);
    for (std::uint32_t i = 0; i < 16; ++i) indices[i] = i;
    from.executor->fill(from.images, {indices}, from.format.values(true));
    from.executor->forward_frozen(from.statistics);
    const HardwareModel hardware(*from.executor, from.norms, from.scales, from.format);
    const auto scores = hardware.scores(from.images, 0, 16);
    double apart = 0, size = 0;
    for (std::size_t b = 0; b < 16; ++b) {
      const std::vector<float> own = from.executor->scores(b);
      for (std::size_t k = 0; k < 10; ++k) {
        apart += std::pow(static_cast<double>(own[k] - numerics::fp16_to_float(scores[b][k])), 2);
        size += std::pow(static_cast<double>(own[k]), 2);
      }
    }
    CHECK(size > 0);
    CHECK(std::sqrt(apart / size) < 0.15);  // FP16 and a second rounding before GELU move some codes
  }
}

TEST_CASE("hardware model: accuracy counts the best scores of all images, at any thread count", "[algo]") {
  const QuantizedExecutor from(hardware_cases[0].network, hardware_cases[0].supermask);
  const HardwareModel hardware(*from.executor, from.norms, from.scales, from.format);
  const ImageSet images = synthetic_images(37, 9);  // no whole number of groups
  Interpreter interpreter(from);
  std::size_t right = 0;
  for (std::size_t i = 0; i < images.count(); ++i) {
    std::vector<float> scores;
    for (numerics::Fp16 s : interpreter.scores(images.image(i))) scores.push_back(numerics::fp16_to_float(s));
    right += std::max_element(scores.begin(), scores.end()) - scores.begin() == images.labels[i];
  }
  for (unsigned threads : {1u, 2u, 8u}) {
    ThreadPool pool(threads);
    CHECK(hardware.accuracy(pool, images) == static_cast<double>(right) / 37);
  }
}

TEST_CASE("hardware model: networks without a bit-exact form say why", "[algo][bad-input]") {
  CHECK_THAT(
      refused(R"({"kind": "mixer", "patch": 7, "dim": 8, "depth": 1})"),
      Contains("node 'layer1.norm1': layer norm needs statistics of the activations; use norm 'batch'"));
  CHECK_THAT(refused(R"({"kind": "mlp"})", R"({"method": "dense"})"),
             Contains("layer 'fc1'") && Contains("trained without a mask"));
  CHECK_THAT(refused(R"({"kind": "mlp"})", R"({"dense_last": true})"), Contains("layer 'classifier'"));
  CHECK_THAT(refused(R"({"kind": "mlp"})", R"({"init": "kaiming_normal"})"),
             Contains("layer 'fc1'") && Contains("the hardware has one constant"));
  CHECK(refused(R"({"kind": "mlp"})").empty());
  Graph graph =
      build_graph(network_from_json({{"kind", "resnet"}, {"preset", "resnet20"}}, "x"), {8, 8, 1}, 10);
  ThreadPool pool(1);
  Node& classifier = graph.nodes.back();
  classifier.input = graph.nodes[graph.nodes.size() - 3].output;  // past the pool
  classifier.kernel = graph.weights.back().kernel = graph.tensor_of(classifier.input).height;
  CHECK(HardwareModel::unsupported(*make_executor({}, graph, pool)) ==
        "node 'pool': an average pool, must be of whole maps and feed the classifier; pool maxima, or let a "
        "convolution take the stride");
  Graph windows = build_graph(network_from_json({{"kind", "conv"}, {"depth", 2}}, "x"), {8, 8, 1}, 10);
  const auto pool1 = std::find_if(windows.nodes.begin(), windows.nodes.end(),
                                  [](const Node& n) { return n.name == "pool1"; });
  pool1->kind = NodeKind::average_pool;  // 2 x 2 windows, behind which the classifier reads 4 x 4
  pool1[1] = windows.nodes.back();
  pool1[1].input = pool1->output;
  pool1[1].kernel = 4;
  windows.weights[static_cast<std::size_t>(pool1[1].weights)] = {"classifier", 4, 64, 10};
  windows.nodes.erase(pool1 + 2, windows.nodes.end());
  CHECK_THAT(HardwareModel::unsupported(*make_executor({}, windows, pool)),
             Contains("node 'pool1': an average pool, must be of whole maps and feed the classifier"));
  graph.nodes[2].activation = Activation::gelu;
  REQUIRE(graph.nodes[2].residual >= 0);
  CHECK(HardwareModel::unsupported(*make_executor({}, graph, pool)) ==
        "node 'stage1.block1.conv2': GELU after a residual; add the residual behind it, or take ReLU");
}
