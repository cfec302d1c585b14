// SPDX-License-Identifier: Apache-2.0
#include "compiler/stripe_graph.hpp"

#include <catch2/catch.hpp>

#include "compiler/stripe_test_networks.hpp"

using namespace wd;
using namespace wd::compiler;

namespace {

StripeLayer layer_of(const LoweredConv& lowered) { return {0, 0, 0, &lowered, 0, -1, -1, lowered.out_h}; }

}  // namespace

TEST_CASE("stripe graph: each write makes a value, iterations of a fold among them", "[compiler]") {
  test::Chain chain(8, 8, 16);
  const int y = chain.conv("stem", 3, 32);
  chain.bottleneck("block", 16);
  model::Network network = chain.network;
  model::Loop fold{3, {}};  // the block's layers, back to the stem's tensor
  for (int l = 1; l <= 3; ++l)
    fold.body.push_back(std::get<model::Layer>(network.steps[static_cast<std::size_t>(l)]));
  fold.body.back().output = y;
  for (model::Layer& layer : fold.body) layer.norms.resize(3, layer.norms.front());
  network.steps.resize(1);
  network.steps.emplace_back(fold);
  const std::vector<LoweredStep> steps = lower_steps(network, true);
  const StripeGraph graph = stripe_graph(network, steps, {}, 2);
  REQUIRE(graph.layers.size() == 10);
  REQUIRE(graph.values.size() == 11);
  CHECK(graph.values[0].writer == -1);
  CHECK(graph.values[0].width == 16);
  CHECK(graph.values[1].readers == std::vector<int>{1, 3});
  for (int iteration = 0; iteration < 3; ++iteration) {
    const int last = 3 * iteration + 3;
    CHECK(graph.layers[static_cast<std::size_t>(last)].iteration == iteration);
    CHECK(graph.values[static_cast<std::size_t>(last + 1)].tensor == y);
    CHECK(graph.overwritten(last) == (iteration == 0 ? 1 : last - 2));
    CHECK(graph.overwritten(last - 1) == -1);
  }
}

TEST_CASE("stripe graph: stripes begin in bank 0, and bursts are not too short", "[compiler]") {
  const auto value = [](int height, int width, int channels, int batch) {
    test::Chain chain(height, width, channels);
    chain.conv("a", 1, 16);
    const std::vector<LoweredStep> steps = lower_steps(chain.network, true);
    return stripe_graph(chain.network, steps, {}, batch).values[0];
  };
  CHECK(value(224, 224, 3, 1).align == 1);
  CHECK(value(28, 28, 128, 1).align == 4);
  CHECK(value(14, 14, 64, 1).align == 8);
  CHECK(value(7, 7, 64, 1).align == 16);
  CHECK(value(7, 7, 64, 16).align == 1);
  CHECK(value(224, 224, 3, 1).unit == 4);  // 224 beats a row
  CHECK(value(28, 28, 128, 1).unit == 4);  // 896 beats
  CHECK(value(14, 14, 16, 1).unit == 14);  // all of it
}

TEST_CASE("stripe graph: the input rows that output rows need", "[compiler]") {
  test::Chain chain(20, 8, 16);
  chain.conv("a", 3, 16);
  chain.conv("b", 7, 16, 2);
  const std::vector<LoweredStep> steps = lower_steps(chain.network, true);
  const StripeLayer a = layer_of(steps[0].convs[0]), b = layer_of(steps[1].convs[0]);
  CHECK(a.needs({0, 4}) == RowRange{0, 5});
  CHECK(a.needs({4, 8}) == RowRange{3, 9});
  CHECK(a.needs({16, 20}) == RowRange{15, 20});
  CHECK(b.needs({0, 1}) == RowRange{0, 4});
  CHECK(b.needs({2, 4}) == RowRange{1, 10});
  CHECK(b.needs({9, 10}) == RowRange{15, 20});
  CHECK_FALSE(b.begins_below(9));
  model::Layer& layer = std::get<model::Layer>(chain.network.steps[0]);
  layer.pad = 4;  // windows that lie in the padding alone
  const std::vector<LoweredStep> padded = lower_steps(chain.network, true);
  const StripeLayer c = layer_of(padded[0].convs[0]);
  CHECK(c.needs({0, 1}) == RowRange{0, 1});
  CHECK_FALSE(c.begins_below(23));
  CHECK(c.begins_below(24));
}
