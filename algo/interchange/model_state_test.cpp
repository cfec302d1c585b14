// SPDX-License-Identifier: Apache-2.0
#include "algo/interchange/model_state.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "algo/interchange/plain_forward.hpp"
#include "base/error.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;

namespace {

/// A network of one layer: 2 inputs, 3 outputs, 2x2 kernel, with a batch norm.
Graph small_graph() {
  Graph graph;
  graph.tensors = {{"input", 2, 2, 2}, {"classifier", 1, 1, 3}};
  graph.activations = {0, 1};
  graph.weights = {{"classifier", 2, 2, 3}};
  graph.norms = {{"classifier.norm", NormKind::batch, 3, true, 1}};
  Node node;
  node.name = "classifier";
  node.weights = node.norm = 0;
  node.output = 1;
  node.kernel = 2;
  graph.nodes = {node};
  return graph;
}

/// As the reference code of hidden-networks: sort all magnitudes, drop the first int((1 - k) n).
std::size_t kept_by_sorting(std::vector<float> scores, double pruned, std::vector<std::uint8_t>& kept) {
  std::vector<std::size_t> order(scores.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return std::abs(scores[a]) < std::abs(scores[b]); });
  const auto dropped = static_cast<std::size_t>(pruned * static_cast<double>(scores.size()));
  kept.assign(scores.size(), 0);
  for (std::size_t i = dropped; i < order.size(); ++i) kept[order[i]] = 1;
  return scores.size() - dropped;
}

}  // namespace

TEST_CASE("model state: one coat keeps what hidden-networks keeps", "[interchange][oracle]") {
  for (const std::size_t count : {1u, 2u, 7u, 1000u})
    for (const double pruned : {0.0, 0.3, 0.5, 0.7, 0.95}) {
      INFO(count << " scores, pruned " << pruned);
      std::vector<float> scores = random_floats(count, count, 1);
      for (std::size_t i = 0; i < count; i += 5) scores[i] = 0.25f;  // ties
      std::vector<std::uint8_t> expected;
      const std::size_t kept = kept_by_sorting(scores, pruned, expected);
      const auto levels = levels_from_scores(scores, std::vector<double>{pruned}, RankRule::count);
      CHECK(levels == expected);
      CHECK(static_cast<std::size_t>(std::count(levels.begin(), levels.end(), 1)) == kept);
    }
}

TEST_CASE("model state: coats are those of multicoated-supermasks", "[interchange][oracle]") {
  // Its percentile: sorted[1 + floor(q (n - 1))]; a coat keeps scores that are not below it.
  const std::vector<double> pruned{0.7, 0.9212, 0.9685};
  const std::vector<float> scores = random_floats(3, 5000, 1);
  std::vector<float> sorted;
  for (const float score : scores) sorted.push_back(std::abs(score));
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::uint8_t> expected(scores.size(), 0);
  for (const double fraction : pruned) {
    const float threshold = sorted[1 + static_cast<std::size_t>(fraction * 4999)];
    for (std::size_t i = 0; i < scores.size(); ++i)
      if (std::abs(scores[i]) >= threshold) ++expected[i];
  }
  const auto levels = levels_from_scores(scores, pruned, RankRule::percentile);
  CHECK(levels == expected);
  CHECK(std::count(levels.begin(), levels.end(), 3) == 5000 - 1 - 4841);  // floor(0.9685 * 4999) = 4841
}

TEST_CASE("model state: layouts of PyTorch and of the executor", "[interchange][oracle][round-trip]") {
  const WeightShape shape{"w", 2, 2, 3};
  std::vector<float> torch(24);
  for (std::size_t i = 0; i < 24; ++i) torch[i] = static_cast<float>(i);
  const std::vector<float> ours = from_output_major<float>(torch, shape);
  for (int o = 0; o < 3; ++o)
    for (int i = 0; i < 2; ++i)
      for (int tap = 0; tap < 4; ++tap)
        CHECK(ours[static_cast<std::size_t>((tap * 2 + i) * 3 + o)] ==
              static_cast<float>((o * 2 + i) * 4 + tap));
  CHECK(to_output_major<float>(ours, shape) == torch);
}

TEST_CASE("model state: effective weights, magnitudes and signed scores", "[interchange]") {
  WeightState weights;
  weights.values = std::vector<float>{0.5f, -0.5f, 0.5f};
  CHECK(effective_weights(weights, "w") == std::vector<float>{0.5f, -0.5f, 0.5f});
  weights.scores = std::vector<float>{-0.1f, 3, 2};
  CHECK_THROWS_WITH(effective_weights(weights, "w"), Contains("weights 'w' have scores but no mask yet"));
  CHECK(signed_scores(weights, "w") == std::vector<float>{0.1f, -3, 2});
  weights.levels = std::vector<std::uint8_t>{0, 3, 1};
  CHECK(effective_weights(weights, "w") == std::vector<float>{0, -1.5f, 0.5f});
  CHECK(constant_magnitude(*weights.values) == 0.5f);
  CHECK_FALSE(constant_magnitude(*weights.scores).has_value());
  CHECK_FALSE(constant_magnitude(std::vector<float>{0, 0}).has_value());
  CHECK_THROWS_WITH(effective_weights({}, "w"), Contains("weights 'w' have no values"));
  CHECK_THROWS_WITH(signed_scores({}, "w"), Contains("weights 'w' lack values or scores"));
}

TEST_CASE("model state: a state of another network is refused", "[interchange][bad-input][message]") {
  const Graph graph = small_graph();
  ModelState state = random_state(graph, 1);
  CHECK_NOTHROW(check(graph, state, "m.st"));
  state.weights[0].scores->pop_back();
  CHECK_THROWS_WITH(check(graph, state, "m.st"), "m.st: 'classifier' has 23 scores, the network has 24");
  state = random_state(graph, 1);
  state.norms[0].variance.pop_back();
  CHECK_THROWS_WITH(check(graph, state, "m.st"),
                    "m.st: 'classifier.norm' has 2 variances, the network has 3");
  state.norms.clear();
  CHECK_THROWS_WITH(check(graph, state, "m.st"),
                    Contains("has 1 weight arrays and 0 norms, the network has 1 and 1"));
}

TEST_CASE("model state: fractions that make no coats are refused", "[interchange][bad-input][message]") {
  ModelState state = random_state(small_graph(), 1);
  const auto apply = [&](const std::vector<double>& pruned) { apply_masks(state, pruned, RankRule::count); };
  CHECK_THROWS_WITH(apply({}), Contains("there are 0 pruned fractions, must be 1 to 7, ascending"));
  CHECK_THROWS_WITH(apply({0.9, 0.7}), Contains("ascending"));
  CHECK_THROWS_WITH(apply({0.7, 1.0}), Contains("a pruned fraction is 1, must be 0 to below 1"));
  apply({0.5, 0.75});
  CHECK(std::count(state.weights[0].levels->begin(), state.weights[0].levels->end(), 2) == 6);
}
