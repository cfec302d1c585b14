// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/model/network.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "hw/formats/model/input_image.hpp"
#include "hw/formats/model/random_network.hpp"
#include "hw/formats/stream/sample_network.hpp"
#include "hw/numerics/fp8.hpp"

using namespace wd;
using namespace wd::model;
using Catch::Contains;
using nlohmann::json;

namespace {

struct TemporaryFile {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("network_test." + std::to_string(::getpid()) + ".wdm");
  ~TemporaryFile() { std::filesystem::remove(path); }
};

Network sample() { return stream::sample_network(); }
Layer& stem(Network& network) { return std::get<Layer>(network.steps[0]); }
Loop& loop(Network& network) { return std::get<Loop>(network.steps[1]); }
Layer& classifier(Network& network) { return std::get<Layer>(network.steps[2]); }

void refused(const std::string& message, const std::function<void(Network&)>& change) {
  Network network = sample();
  change(network);
  CHECK_THROWS_WITH(check(network, "m.wdm"), Contains("m.wdm: ") && Contains(message));
}

void description_refused(const std::string& message, const std::function<void(json&)>& change) {
  json description = describe(sample());
  change(description);
  CHECK_THROWS_WITH(from_description(description, "m.wdm", 104), Contains("m.wdm") && Contains(message));
}

}  // namespace

TEST_CASE("network: what is written is read back", "[model][round-trip]") {
  const TemporaryFile file;
  const Network network = sample();
  write_model(network, file.path);
  Network back = read_model(file.path);
  CHECK(describe(back) == describe(network));
  CHECK(flatten_norms(back) == flatten_norms(network));
  for (std::size_t i = 0; i < network.weights.size(); ++i) {
    CHECK(back.weights[i].levels == network.weights[i].levels);
    CHECK(back.weights[i].learned_signs == network.weights[i].learned_signs);
    CHECK(back.weights[i].sign_seed == network.weights[i].sign_seed);
  }
  CHECK(loop(back).body[1].residual == 1);
}

TEST_CASE("network: counts are those of the stored arrays", "[model][oracle]") {
  const Network network = sample();
  CHECK(network.weight_count() == 9 * 8 * 6 + 9 * 6 * 6 + 6 * 6 + 6 * 10);
  CHECK(network.norm_pair_count() == 6 + 3 * (6 + 6) + 10);
  CHECK(flatten_norms(network).size() == 2 * network.norm_pair_count());
}

TEST_CASE("network: norms flatten by step, iteration and channel, and back", "[model][round-trip]") {
  Network network = sample();
  const std::vector<std::uint16_t> flat = flatten_norms(network);
  CHECK(flat[0] == stem(network).norms[0].gamma[0]);
  CHECK(flat[6] == stem(network).norms[0].beta[0]);
  CHECK(flat[12] == loop(network).body[0].norms[0].gamma[0]);
  CHECK(flat[24] == loop(network).body[0].norms[1].gamma[0]);
  CHECK(flat[12 + 36] == loop(network).body[1].norms[0].gamma[0]);
  CHECK(flat.back() == classifier(network).norms[0].beta[9]);
  Network empty = from_description(describe(network), "m.wdm", 104);
  restore_norms(empty, flat, "m.wdm");
  CHECK(flatten_norms(empty) == flat);
  CHECK_THROWS_WITH(restore_norms(empty, {1, 2, 3}, "m.wdm"),
                    Contains("m.wdm: section 'norms' has 3 values, the network needs 104"));
}

TEST_CASE("network: a description survives its text form", "[model][round-trip]") {
  const json description = describe(sample());
  CHECK(describe(from_description(json::parse(description.dump()), "text", 104)) == description);
}

TEST_CASE("network: parts that do not fit together are refused by name", "[model][bad-input][message]") {
  CHECK_NOTHROW(check(sample(), "m.wdm"));
  // tensors and input
  refused("'input' names a tensor that does not exist", [](Network& n) { n.input = 3; });
  refused("tensor 'a' is 4x0x6, sides must be 1 to 255", [](Network& n) { n.tensors[1].width = 0; });
  refused("tensor 'a' is 256x4x6", [](Network& n) { n.tensors[1].height = 256; });
  refused("channels 1 to 8176", [](Network& n) { n.tensors[1].channels = 8177; });
  refused("tensor 'b': 'scale_exp' is 25, must be -24 to 24",
          [](Network& n) { n.tensors[2].scale_exp = 25; });
  refused("the input transform of patch 4 does not make the input tensor 'input'",
          [](Network& n) { n.input_transform.patch = 4; });
  refused("the input transform", [](Network& n) { n.input_transform.split = false; });
  refused("'deviation' is 0, must be positive", [](Network& n) { n.input_transform.deviation = {0}; });
  // weights
  refused("weights 'stem': 'coats' is 2, must be 1, 3 or 7", [](Network& n) { n.weights[0].coats = 2; });
  refused("shape 6x64x3x8 is out of range", [](Network& n) { n.weights[0].kernel_h = 64; });
  refused("431 levels for 432 weights", [](Network& n) { n.weights[0].levels.pop_back(); });
  refused("weights 'stem': level 4 with 3 coats", [](Network& n) { n.weights[0].levels[7] = 4; });
  refused("0 learned signs for 36 weights", [](Network& n) { n.weights[2].learned_signs.clear(); });
  refused("432 learned signs for 432 weights", [](Network& n) { n.weights[0].learned_signs.resize(432); });
  // steps
  refused("a loop of 0 iterations over 2 layers", [](Network& n) { loop(n).count = 0; });
  refused("a loop of 3 iterations over 0 layers", [](Network& n) { loop(n).body.clear(); });
  refused("the last step must make the class scores", [](Network& n) { n.steps.pop_back(); });
  refused("the last step must make the class scores", [](Network& n) { n.steps.clear(); });
}

TEST_CASE("network: convolutions that do not fit are refused by name", "[model][bad-input][message]") {
  refused("convolution 'stem': 'weights' is 4, there are 4", [](Network& n) { stem(n).weights = 4; });
  refused("'input' or 'output' names a tensor that does not exist", [](Network& n) { stem(n).input = -1; });
  refused("'input' or 'output' names a tensor that does not exist", [](Network& n) { stem(n).output = 3; });
  refused("weights 'stem' take 8 channels, tensor 'a' has 6", [](Network& n) { stem(n).input = 1; });
  refused("'stride' is 3, must be 1 or 2", [](Network& n) { stem(n).stride = 3; });
  refused("'pad' is 16, must be 0 to 15", [](Network& n) { stem(n).pad = 16; });
  refused("'pooled' needs a 1x1 kernel, stride 1 and pad 0", [](Network& n) { stem(n).pooled = true; });
  refused("the kernel of 63x63 is larger than the padded input", [](Network& n) {
    n.weights[0].kernel_h = n.weights[0].kernel_w = 63;
    n.weights[0].levels.resize(n.weights[0].count());
  });
  refused("makes 2x2x6, tensor 'a' is 4x4x6", [](Network& n) { stem(n).pad = 0; });
  refused("class scores must be 1x1x9, this makes 1x1x10", [](Network& n) { n.classes = 9; });
  refused("class scores must be 1x1x10, this makes 4x4x10", [](Network& n) { classifier(n).pooled = false; });
  refused("class scores cannot have a residual", [](Network& n) { classifier(n).residual = 1; });
  refused("'residual' names a tensor that does not exist", [](Network& n) { stem(n).residual = 9; });
  refused("residual 'input' has another shape than the output", [](Network& n) { stem(n).residual = 0; });
  refused("residual and output scales differ by 2^18, at most 2^15", [](Network& n) {
    loop(n).body[1].residual = 2;
    n.tensors[1].scale_exp = 17;
  });
  refused("convolution 'fold.0': has 3 normalizations for 4 iterations",
          [](Network& n) { loop(n).count = 4; });
  refused("normalization and output channels differ", [](Network& n) { stem(n).norms[0].beta.pop_back(); });
  refused("gamma or beta of channel 2 is not finite", [](Network& n) { stem(n).norms[0].gamma[2] = 0x7c00; });
  refused("gamma or beta of channel 3 is not finite", [](Network& n) { stem(n).norms[0].beta[3] = 0xfe00; });
}

TEST_CASE("network: bad descriptions are refused by key", "[model][bad-input][message]") {
  const json good = describe(sample());
  for (const auto& item : good.items())
    description_refused("'" + item.key() + "' is missing", [&](json& d) { d.erase(item.key()); });
  for (const char* list : {"tensors", "weights", "steps"})
    description_refused(text("'", list, "' is an object, must be a list"), [&](json& d) {
      d[list] = {{"first", d[list][0]}};
    });
  description_refused("input_transform: 'image_width' is 4097, must be 1 to 4096",
                      [](json& d) { d["input_transform"]["image_width"] = 4097; });
  description_refused("unknown key 'extra'", [](json& d) { d["extra"] = 1; });
  description_refused("'classes' is 0, must be 1 to 8176", [](json& d) { d["classes"] = 0; });
  description_refused("'seed' is -1", [](json& d) { d["seed"] = -1; });
  description_refused("'patch' is 65, must be 1 to 64", [](json& d) { d["input_transform"]["patch"] = 65; });
  description_refused("'height' is \"4\", must be a whole number",
                      [](json& d) { d["tensors"][0]["height"] = "4"; });
  description_refused("tensors: unknown key 'x'", [](json& d) { d["tensors"][1]["x"] = 0; });
  description_refused("'coats' is 8, must be 1 to 7", [](json& d) { d["weights"][0]["coats"] = 8; });
  description_refused("'signs' is 'some', must be random or learned",
                      [](json& d) { d["weights"][0]["signs"] = "some"; });
  description_refused("weights: unknown key 'x'", [](json& d) { d["weights"][0]["x"] = 0; });
  description_refused("a step must be one layer or one 'loop'", [](json& d) { d["steps"][0]["loop"] = 1; });
  description_refused("a layer must be one 'conv', one 'pool', one 'elementwise' or one 'token_mix'",
                      [](json& d) {
                        d["steps"][0] = {{"norm", 1}};
                      });
  description_refused("'weights' is 4, must be 0 to 3",
                      [](json& d) { d["steps"][0]["conv"]["weights"] = 4; });
  description_refused("'output' is 3, must be -1 to 2", [](json& d) { d["steps"][0]["conv"]["output"] = 3; });
  description_refused("'residual' is -1, must be 0 to 2",
                      [](json& d) { d["steps"][0]["conv"]["residual"] = -1; });
  description_refused("conv: unknown key 'x'", [](json& d) { d["steps"][0]["conv"]["x"] = 0; });
  description_refused("'count' is 1001, must be 1 to 1000",
                      [](json& d) { d["steps"][1]["loop"]["count"] = 1001; });
  description_refused("loop: unknown key 'x'", [](json& d) { d["steps"][1]["loop"]["x"] = 0; });
  CHECK_THROWS_WITH(from_description(json::array(), "m.wdm", 104), Contains("m.wdm: must be a JSON object"));
}

TEST_CASE("network: a model file with a bad section is refused by name", "[model][bad-input][message]") {
  const TemporaryFile file;
  write_model(sample(), file.path);
  const Container good = Container::read(file.path, model_kind);
  const auto with = [&](const std::string& section, Bytes bytes) {
    Container container = good;
    container.set(section, std::move(bytes));
    container.write(file.path);
  };
  with("levels.1", Bytes(7));
  CHECK_THROWS_WITH(read_model(file.path),
                    Contains(file.path.string()) && Contains("7 levels for 324 weights"));
  with("norms", Bytes(3));
  CHECK_THROWS_WITH(read_model(file.path), Contains("section 'norms' has 3 bytes, not a multiple of 2"));
  Container incomplete(model_kind);
  incomplete.set("network", good.get("network"));
  incomplete.write(file.path);
  CHECK_THROWS_WITH(read_model(file.path), Contains("section 'norms' is missing"));
  CHECK_THROWS_AS(write_model(Network{}, file.path), Error);
}

TEST_CASE("input image: pixels become the nearest FP8 values, in space-to-depth order", "[model][oracle]") {
  const InputTransform transform{8, 12, 4, true, {0.25}, {0.5}};
  const int scale_exp = 3;
  const InputImage input(transform, scale_exp);
  REQUIRE(input.pixels() == 96);
  REQUIRE(input.channels() == 32);
  // The nearest of all finite FP8 values; of two as near, the one with the even code.
  const auto nearest = [](double value) {
    int best = 0;
    double least = std::numeric_limits<double>::infinity();
    for (int code = 0; code < 256; ++code) {
      if ((code & 0x7f) == numerics::fp8_nan || code == 0x80) continue;
      const double off = std::abs(double{numerics::fp8_to_float(static_cast<std::uint8_t>(code))} - value);
      if (off < least || (off == least && code % 2 == 0)) best = code;
      least = std::min(least, off);
    }
    return static_cast<std::uint8_t>(best);
  };
  for (int base = 0; base < 256; base += 96) {
    std::vector<std::uint8_t> image(96), out(192, 0xee);
    for (std::size_t i = 0; i < image.size(); ++i)
      image[i] = static_cast<std::uint8_t>(base + static_cast<int>(i));
    input.convert(image, out);
    for (std::size_t y = 0; y < 8; ++y)
      for (std::size_t x = 0; x < 12; ++x) {
        const double value = (image[y * 12 + x] / 255.0 - 0.25) / 0.5 * 8;
        const std::size_t at = (y / 4 * 3 + x / 4) * 32 + y % 4 * 4 + x % 4;
        INFO("pixel " << int{image[y * 12 + x]});
        CHECK(out[at] == nearest(value));
        CHECK(out[at + 16] == nearest(value - double{numerics::fp8_to_float(out[at])}));
      }
  }
}

TEST_CASE("input image: without split there is one value per pixel", "[model][oracle]") {
  const Network network = [] {
    Network n = sample();
    n.input_transform.split = false;
    n.input_transform.mean = {0};
    n.input_transform.deviation = {1};
    return n;
  }();
  const InputImage input(network);
  CHECK(input.channels() == 4);
  std::vector<std::uint8_t> image(64, 0), out(64, 0xee);
  image[8 * 3 + 5] = 255;  // y 3, x 5: position (1, 2), channel (1, 1)
  input.convert(image, out);
  for (std::size_t i = 0; i < 64; ++i) CHECK(out[i] == (i == (1 * 4 + 2) * 4 + 3 ? 0x38 : 0));  // 0x38 = 1.0
}

namespace {

/// Its second step is a pool 3x3, stride 2.
Network with_pool() { return pooled_stem_network(1); }
Layer& pool(Network& network) { return std::get<Layer>(network.steps[1]); }

void pool_refused(const std::string& message, const std::function<void(Layer&)>& change) {
  Network network = with_pool();
  change(pool(network));
  CHECK_THROWS_WITH(check(network, "m.wdm"), Contains("m.wdm: pool 'stem.pool': ") && Contains(message));
}

}  // namespace

TEST_CASE("network: a pool is read back, outside of loops and in them", "[model][round-trip]") {
  Network network = with_pool();
  const json description = describe(network);
  CHECK(description["steps"][1] == json{{"pool",
                                         {{"name", "stem.pool"},
                                          {"input", 1},
                                          {"output", 2},
                                          {"kernel_h", 3},
                                          {"kernel_w", 3},
                                          {"stride", 2},
                                          {"pad", 1}}}});
  CHECK(describe(from_description(description, "m.wdm", 10000)) == description);
  Layer again = pool(network);
  again.input = 2, again.output = 3, again.stride = 1;
  network.tensors[3].scale_exp = network.tensors[2].scale_exp;
  network.steps.insert(network.steps.begin() + 2, Loop{2, {again}});
  check(network, "m.wdm");
  CHECK(describe(from_description(describe(network), "m.wdm", 10000)) == describe(network));
}

TEST_CASE("network: a pool that cannot be is refused by field", "[model][bad-input][message]") {
  pool_refused("'pad' is 3, must be 0 to 15 and below the kernel's sides, 3 and 3",
               [](Layer& p) { p.pad = 3; });
  pool_refused("'stride' is 16, must be 1 to 15", [](Layer& p) { p.stride = 16; });
  pool_refused("the kernel is 64x3, sides must be 1 to 63", [](Layer& p) { p.kernel_h = 64; });
  pool_refused("larger than the padded input", [](Layer& p) { p.kernel_w = 40; });
  pool_refused("tensor 'pool' is", [](Layer& p) { p.stride = 3; });
  pool_refused("has no weights, residual, norms or activation", [](Layer& p) { p.relu = true; });
  pool_refused("names a tensor that does not exist", [](Layer& p) { p.output = 9; });
  pool_refused("writes the tensor that it reads", [](Layer& p) { p.output = p.input; });
  Network scaled = with_pool();
  ++scaled.tensors[2].scale_exp;
  CHECK_THROWS_WITH(check(scaled, "m.wdm"),
                    Contains("'scale_exp' of tensor 'pool' is") && Contains("must be the input's"));
  json description = describe(with_pool());
  description["steps"][1]["pool"]["weights"] = 0;
  CHECK_THROWS_WITH(from_description(description, "m.wdm", 10000), Contains("pool: unknown key 'weights'"));
}

namespace {

/// Its third step is elementwise, with a residual.
Network with_elementwise() {
  Network network = pooled_stem_network(2);
  Layer layer;
  layer.kind = LayerKind::elementwise;
  layer.name = "plain";
  layer.weights = -1;
  layer.input = 2, layer.output = 3, layer.residual = 4;
  const auto channels = static_cast<std::size_t>(network.tensors[2].channels);
  layer.norms = {
      {std::vector<std::uint16_t>(channels, 0x3c00), std::vector<std::uint16_t>(channels, 0x3800)}};
  network.steps.insert(network.steps.begin() + 2, layer);
  return network;
}

void elementwise_refused(const std::string& message, const std::function<void(Layer&)>& change) {
  Network network = with_elementwise();
  change(std::get<Layer>(network.steps[2]));
  CHECK_THROWS_WITH(check(network, "m.wdm"),
                    Contains("m.wdm: elementwise layer 'plain': ") && Contains(message));
}

}  // namespace

TEST_CASE("network: an elementwise layer is read back with its norms", "[model][round-trip]") {
  const TemporaryFile file;
  Network network = with_elementwise();
  CHECK(describe(network)["steps"][2] == json{{"elementwise",
                                               {{"name", "plain"},
                                                {"input", 2},
                                                {"output", 3},
                                                {"residual", 4},
                                                {"relu", false},
                                                {"gelu", false}}}});
  Layer inner = std::get<Layer>(network.steps[2]);
  inner.norms.push_back(inner.norms[0]);
  network.steps.insert(network.steps.begin() + 3, Loop{2, {inner}});
  write_model(network, file.path);
  const Network back = read_model(file.path);
  CHECK(describe(back) == describe(network));
  CHECK(flatten_norms(back) == flatten_norms(network));
  CHECK(std::get<Loop>(back.steps[3]).body[0].norms.size() == 2);
}

TEST_CASE("network: an elementwise layer that cannot be is refused by field", "[model][bad-input][message]") {
  elementwise_refused("tensor 'image' is", [](Layer& l) { l.output = 0; });
  elementwise_refused("residual 'image' has another shape", [](Layer& l) { l.residual = 0; });
  elementwise_refused("writes the tensor that it reads", [](Layer& l) { l.output = l.input; });
  elementwise_refused("has no weights", [](Layer& l) { l.weights = 0; });
  elementwise_refused("has 2 normalizations for 1 iterations",
                      [](Layer& l) { l.norms.push_back(l.norms[0]); });
  elementwise_refused("normalization and output channels differ",
                      [](Layer& l) { l.norms[0].beta.pop_back(); });
  elementwise_refused("gamma or beta of channel 1 is not finite",
                      [](Layer& l) { l.norms[0].gamma[1] = 0x7c00; });
}

namespace {

/// Its third step mixes the positions of the pooled tensor, with GELU and a residual.
Network with_token_mixing() {
  Network network = with_elementwise();
  auto& layer = std::get<Layer>(network.steps[2]);
  const Tensor& tensor = network.tensors[2];
  layer.kind = LayerKind::token_mix;
  layer.name = "mix";
  layer.gelu = true;
  layer.weights = static_cast<int>(network.weights.size());
  Weights weights;
  weights.name = "mix";
  weights.in_channels = weights.out_channels = tensor.height * tensor.width;
  weights.levels.assign(weights.count(), 1);
  network.weights.push_back(std::move(weights));
  return network;
}

void token_mixing_refused(const std::string& message, const std::function<void(Network&, Layer&)>& change) {
  Network network = with_token_mixing();
  change(network, std::get<Layer>(network.steps[2]));
  CHECK_THROWS_WITH(check(network, "m.wdm"), Contains("m.wdm: token mixing 'mix': ") && Contains(message));
}

}  // namespace

TEST_CASE("network: token mixing is read back with its weights and norms", "[model][round-trip]") {
  const TemporaryFile file;
  const Network network = with_token_mixing();
  CHECK(describe(network)["steps"][2] == json{{"token_mix",
                                               {{"name", "mix"},
                                                {"weights", network.weights.size() - 1},
                                                {"input", 2},
                                                {"output", 3},
                                                {"residual", 4},
                                                {"relu", false},
                                                {"gelu", true}}}});
  write_model(network, file.path);
  const Network back = read_model(file.path);
  CHECK(describe(back) == describe(network));
  CHECK(flatten_norms(back) == flatten_norms(network));
  CHECK(back.weights.back().levels == network.weights.back().levels);
}

TEST_CASE("network: token mixing and activations that cannot be are refused by field",
          "[model][bad-input][message]") {
  token_mixing_refused("positions, tensor 'pool' has", [](Network&, Layer& l) { l.weights = 3; });
  token_mixing_refused("take 3 positions", [](Network& n, Layer&) {
    n.weights.back().in_channels = 3;
    n.weights.back().levels.assign(n.weights.back().count(), 1);
  });
  token_mixing_refused("makes 3 positions of", [](Network& n, Layer&) {
    n.weights.back().out_channels = 3;
    n.weights.back().levels.assign(n.weights.back().count(), 1);
  });
  token_mixing_refused("'weights' is 99", [](Network&, Layer& l) { l.weights = 99; });
  token_mixing_refused("has both 'relu' and 'gelu'", [](Network&, Layer& l) { l.relu = true; });
  token_mixing_refused("residual 'image' has another shape", [](Network&, Layer& l) { l.residual = 0; });
  token_mixing_refused("writes the tensor that it reads", [](Network&, Layer& l) { l.output = l.input; });
  token_mixing_refused("normalization and output channels differ",
                       [](Network&, Layer& l) { l.norms[0].beta.pop_back(); });
  token_mixing_refused("stride 1 and pad 0", [](Network&, Layer& l) { l.pad = 1; });
  Network network = with_token_mixing();
  std::get<Layer>(network.steps.back()).gelu = true;
  CHECK_THROWS_WITH(check(network, "m.wdm"), Contains("a 'pooled' convolution cannot have GELU"));
  std::get<Layer>(network.steps[2]).kind = LayerKind::transpose;
  CHECK_THROWS_WITH(check(network, "m.wdm"), Contains("layer 'mix' is of no kind that models have"));
}
