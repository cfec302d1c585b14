// SPDX-License-Identifier: Apache-2.0
#include "compiler/space_to_depth.hpp"

#include <catch2/catch.hpp>
#include <functional>
#include <nlohmann/json.hpp>
#include <random>

#include "base/integer.hpp"
#include "compiler/explain.hpp"
#include "compiler/pack_weights.hpp"
#include "compiler/passes.hpp"
#include "hw/formats/model/input_image.hpp"
#include "hw/formats/model/random_network.hpp"
#include "hw/formats/program/input_tensor.hpp"
#include "hw/numerics/fp8.hpp"
#include "sim/golden.hpp"

using namespace wd;
using namespace wd::compiler;

namespace {

/// A stem and a classifier on it.
struct Shape {
  int height = 8, width = 8, colours = 3, patch = 1;
  bool split = false;
  int kernel_h = 7, kernel_w = 7, stride = 2, pad = 3;
  model::SignSource signs = model::SignSource::random;
};

model::Weights weights_of(const Shape& s, int kernel_h, int kernel_w, int in, int out, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  model::Weights w;
  w.name = text("w", seed), w.kernel_h = kernel_h, w.kernel_w = kernel_w;
  w.in_channels = in, w.out_channels = out, w.coats = 7, w.signs = s.signs, w.sign_seed = seed;
  for (std::size_t i = 0; i < w.count(); ++i) {
    w.levels.push_back(static_cast<std::uint8_t>(random() % 8));
    if (s.signs == model::SignSource::learned)
      w.learned_signs.push_back(w.levels.back() != 0 && random() % 2 == 0);
  }
  return w;
}

model::Network network_of(const Shape& s) {
  constexpr int channels = 20;
  const std::uint16_t small = 0x1000;  // 2^-11
  model::Network n;
  n.name = "stem", n.dataset = "random", n.classes = 5;
  n.input_transform = {s.height * s.patch,
                       s.width * s.patch,
                       s.patch,
                       s.split,
                       std::vector<double>(index(s.colours), 0.4),
                       std::vector<double>(index(s.colours), 0.3)};
  const int in = n.input_transform.channels();
  const int out_h = (s.height + 2 * s.pad - s.kernel_h) / s.stride + 1,
            out_w = (s.width + 2 * s.pad - s.kernel_w) / s.stride + 1;
  n.tensors = {{"image", s.height, s.width, in, 2}, {"stem", out_h, out_w, channels, 1}};
  n.weights = {weights_of(s, s.kernel_h, s.kernel_w, in, channels, 1), weights_of(s, 1, 1, channels, 5, 2)};
  model::Layer stem, last;
  stem.name = "stem", stem.weights = 0, stem.input = 0, stem.output = 1;
  stem.stride = s.stride, stem.pad = s.pad, stem.relu = true;
  stem.norms = {{std::vector<std::uint16_t>(channels, small), std::vector<std::uint16_t>(channels, small)}};
  last.name = "last", last.weights = 1, last.input = 1, last.output = -1, last.pooled = true;
  last.norms = {{std::vector<std::uint16_t>(5, small), std::vector<std::uint16_t>(5, small)}};
  n.steps = {stem, last};
  model::check(n, "stem");
  return n;
}

/// The first layer's sums by its definition, in units that doubles hold exactly.
std::vector<double> sums(const model::Network& n, const std::vector<std::uint8_t>& image) {
  const model::Layer& layer = std::get<model::Layer>(n.steps.front());
  const model::Weights& w = n.weights[index(layer.weights)];
  const model::Tensor &in = n.tensors[index(n.input)], &out = n.tensors[index(layer.output)];
  std::vector<std::uint8_t> codes(index(in.height * in.width * in.channels));
  model::InputImage(n).convert(image, codes);
  const std::vector<std::int8_t> values = signed_levels(w);
  std::vector<double> result;
  for (int y = 0; y < out.height; ++y)
    for (int x = 0; x < out.width; ++x)
      for (int o = 0; o < w.out_channels; ++o) {
        double sum = 0;
        for (int ky = 0; ky < w.kernel_h; ++ky)
          for (int kx = 0; kx < w.kernel_w; ++kx) {
            const int iy = y * layer.stride + ky - layer.pad, ix = x * layer.stride + kx - layer.pad;
            if (iy < 0 || iy >= in.height || ix < 0 || ix >= in.width) continue;
            for (int c = 0; c < w.in_channels; ++c)
              sum += double{numerics::fp8_to_float(codes[index((iy * in.width + ix) * in.channels + c)])} *
                     values[index(((o * w.kernel_h + ky) * w.kernel_w + kx) * w.in_channels + c)];
          }
        result.push_back(sum);
      }
  return result;
}

std::vector<std::uint16_t> scores(const model::Network& network, const Options& options) {
  const program::Program program = compile(network, options);
  std::vector<std::vector<std::uint8_t>> images;
  for (int i = 0; i < options.batch; ++i)
    images.push_back(model::random_image(network, static_cast<std::uint64_t>(i)));
  sim::GoldenEngine engine(program);
  engine.load();
  return engine
      .frame(program::InputTensor(program).encode(
          std::vector<program::InputTensor::Image>(images.begin(), images.end())))
      .scores;
}

}  // namespace

TEST_CASE("space_to_depth: sums are what they were, whatever kernel, pad, patch and image",
          "[compiler][oracle]") {
  for (const Shape& shape :
       {Shape{}, Shape{.signs = model::SignSource::learned}, Shape{.height = 6, .width = 10, .pad = 2},
        Shape{.kernel_h = 3, .kernel_w = 3, .pad = 1}, Shape{.kernel_h = 5, .kernel_w = 4, .pad = 0},
        Shape{.kernel_h = 4, .kernel_w = 6, .pad = 5}, Shape{.colours = 1, .patch = 2},
        Shape{.colours = 1, .patch = 3}, Shape{.colours = 2, .split = true},
        Shape{.colours = 1, .patch = 2, .split = true, .kernel_h = 5, .kernel_w = 5, .pad = 1}}) {
    const model::Network before = network_of(shape);
    model::Network after = before;
    const Stem stem = space_to_depth(after, {});
    INFO(stem.why);
    REQUIRE(stem.remade);
    const model::Layer& layer = std::get<model::Layer>(after.steps.front());
    const model::Weights& weights = after.weights[index(layer.weights)];
    CHECK(layer.stride == 1);
    CHECK(after.tensors[0].height == shape.height / 2);
    CHECK(after.tensors[0].width == shape.width / 2);
    CHECK(after.tensors[0].channels == 4 * before.tensors[0].channels);
    CHECK(after.input_transform.patch == 2 * shape.patch);
    CHECK(after.input_transform.channels() == after.tensors[0].channels);
    CHECK(weights.in_channels == after.tensors[0].channels);
    for (std::uint64_t seed = 0; seed < 3; ++seed) {
      const std::vector<std::uint8_t> image = model::random_image(before, seed);
      CHECK(sums(before, image) == sums(after, image));
    }
  }
}

TEST_CASE("space_to_depth: 7 x 7 on 3 channels becomes 4 x 4 on 12, padded by 2", "[compiler]") {
  model::Network network = model::pooled_stem_network(3);
  const Stem stem = space_to_depth(network, {});
  CHECK(stem.remade);
  CHECK(stem.chunks == 49);
  CHECK(stem.chunks_as_depth == 16);
  CHECK(stem.products == 147);
  const model::Layer& layer = std::get<model::Layer>(network.steps.front());
  CHECK(layer.pad == 2);
  CHECK(network.weights[index(layer.weights)].kernel_h == 4);
  CHECK(network.weights[index(layer.weights)].in_channels == 12);
}

TEST_CASE("space_to_depth: only where it can and pays, by the reason", "[compiler]") {
  const auto reason = [](const Shape& shape, const std::function<void(model::Network&)>& change = {},
                         bool wanted = true) {
    model::Network network = network_of(shape);
    if (change) change(network);
    const std::size_t weights = network.weights.size();
    const Stem stem = space_to_depth(network, {}, wanted);
    CHECK_FALSE(stem.remade);
    CHECK(network.weights.size() == weights);
    CHECK(network.input_transform.patch == shape.patch);
    return stem.why;
  };
  CHECK(reason({.stride = 1}) == "its stride is 1");
  CHECK(reason({.height = 9}) == "sides of 9 x 8 are not even");
  CHECK(reason({.width = 5}) == "sides of 8 x 5 are not even");
  CHECK(reason({.colours = 16, .kernel_h = 3, .kernel_w = 3, .pad = 1}) ==
        "would walk 16 chunks instead of 9");
  CHECK(reason({.kernel_h = 1, .kernel_w = 1, .pad = 0}) == "would walk 1 chunks instead of 1");
  CHECK(reason({.height = 2, .width = 2, .colours = 1, .patch = 33}) == "patches of 66 are too large");
  CHECK(reason({}, {}, false) == "switched off");
  CHECK(reason({}, [](model::Network& n) {
          model::Layer again = std::get<model::Layer>(n.steps.front());
          n.steps.insert(n.steps.begin() + 1, again);
        }) == "other layers use the image's tensor, too");
  CHECK(reason({}, [](model::Network& n) {
          n.steps.front() = model::Loop{2, {std::get<model::Layer>(n.steps.front())}};
        }) == "a loop reads the image");
  CHECK(reason({}, [](model::Network& n) {
          std::get<model::Layer>(n.steps.front()).kind = model::LayerKind::pool;
        }) == "is no convolution of windows");
}

TEST_CASE("space_to_depth: programs have the scores that they have without it", "[compiler][oracle]") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const model::Network network = model::pooled_stem_network(seed);
    for (const int batch : {1, 4}) {
      const Options on{.batch = batch}, off{.space_to_depth = false, .batch = batch};
      CHECK(scores(network, on) == scores(network, off));
      const program::Program with = compile(network, on), without = compile(network, off);
      CHECK(with.layers.front().dense_macs == without.layers.front().dense_macs);
      CHECK(with.input_beats * 4 == without.input_beats);
    }
  }
}

TEST_CASE("space_to_depth: the pass says what it did, and --explain why", "[compiler]") {
  const model::Network network = model::pooled_stem_network(2);
  const Options options;
  PassState state{network, options};
  const auto row = run_passes(state, "space-to-depth").dump(state)["layer that reads the image"][0];
  CHECK(row["layer"] == "stem");
  CHECK(row["kernel"] == "7 x 7");
  CHECK(row["as space-to-depth"] == 16);
  CHECK(row["remade"] == true);
  PassState all{network, options};
  run_passes(all, "emit");
  const Explanation explanation = explain(all.steps, all.program);
  CHECK_THAT(explanation.layers.front().why,
             Catch::EndsWith("; on the 2 x 2 space-to-depth image it walks 16 chunks instead of 49"));
  CHECK(explanation.layers[2].why.find("space-to-depth") == std::string::npos);
}
