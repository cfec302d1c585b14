// SPDX-License-Identifier: Apache-2.0
#include "flow/figures.hpp"

#include <catch2/catch.hpp>

#include "compiler/compile.hpp"
#include "hw/formats/model/network.hpp"
#include "hw/numerics/fp16.hpp"

using namespace wd;

namespace {

/// Weights of which every one has the bits of both planes.
model::Weights full_weights(const std::string& name, int kernel, int in, int out) {
  model::Weights w;
  w.name = name;
  w.kernel_h = w.kernel_w = kernel;
  w.in_channels = in;
  w.out_channels = out;
  w.coats = 3;
  w.levels.assign(w.count(), 3);
  return w;
}

model::Layer layer(const std::string& name, int weights, int input, int output, int channels) {
  model::Layer l;
  l.name = name;
  l.weights = weights;
  l.input = input;
  l.output = output;
  const std::vector<std::uint16_t> ones(static_cast<std::size_t>(channels), numerics::fp16_from_float(0.01f));
  l.norms = {{ones, ones}};
  return l;
}

}  // namespace

TEST_CASE(
    "figures: the bytes that an image moves at least are those of each layer's tensors, weights and norms",
    "[flow][oracle]") {
  model::Network network;
  network.name = "two layers in a fold";
  network.dataset = "none";
  network.classes = 10;
  network.input_transform = {12, 12, 2, false, {0.5, 0.5, 0.5, 0.5}, {0.25, 0.25, 0.25, 0.25}};
  network.tensors = {{"input", 6, 6, 16, 0}, {"a", 6, 6, 80, 0}, {"b", 6, 6, 80, 0}};
  network.weights = {full_weights("stem", 3, 16, 80), full_weights("fold", 1, 80, 80),
                     full_weights("scores", 1, 80, 10)};
  model::Layer stem = layer("stem", 0, 0, 1, 80), there = layer("there", 1, 1, 2, 80),
               back = layer("back", 1, 2, 1, 80), scores = layer("scores", 2, 1, -1, 10);
  stem.pad = 1;
  there.norms.resize(3, there.norms.front());
  back.norms.resize(3, back.norms.front());
  back.residual = 1;
  scores.pooled = true;
  network.steps = {stem, model::Loop{3, {there, back}}, scores};
  compiler::Options options;
  options.space_to_depth = false;
  // A row has a header beat and a word of four bytes for each channel of its tile: 64 and 16, or 10 in whole beats.
  const double row64 = 16 + 64 * 4, row16 = 16 + 16 * 4, row10 = 16 + 48, planes = 2;
  const double in = 6 * 6 * 16, hidden = 6 * 6 * 80, norms = 4;
  const double of_stem = in + hidden + 9 * planes * (row64 + row16) + 80 * norms,
               of_there = 2 * hidden + 5 * planes * (row64 + row16) + 80 * norms, of_back = of_there + hidden,
               of_scores = hidden + 16 * 2 + 5 * planes * row10 + 16 * norms;
  CHECK(flow::least_bytes_per_image(compiler::compile(network, options)) ==
        of_stem + 3 * (of_there + of_back) + of_scores);
}
