// SPDX-License-Identifier: Apache-2.0
#include "algo/interchange/executor_state.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "algo/interchange/export_onnx.hpp"
#include "algo/interchange/import_onnx.hpp"
#include "algo/networks/build.hpp"
#include "base/error.hpp"

using namespace wd;
using namespace wd::algo;

namespace {

Graph small_graph() {
  NetworkConfig config;
  config.patch = 4;
  config.stem.channels = 16;
  config.stages = {{16, 2, 1, true}};
  return build_graph(config, {8, 8, 1}, 4);
}

ExecutorConfig config_of(const MaskConfig& mask) {
  ExecutorConfig config;
  config.supermask = mask;
  config.batch = 3;
  config.precision = Precision::fp32;
  return config;
}

std::vector<float> class_scores(Executor& executor) {
  std::vector<float> input(2 * 2 * 3 * 16);
  for (std::size_t i = 0; i < input.size(); ++i) input[i] = 0.1f * static_cast<float>(i % 17) - 0.7f;
  executor.set_input(input);
  std::vector<ChannelStatistics> statistics;
  for (const NormParameters& norm : executor.norms()) statistics.push_back(norm.running);
  executor.forward_frozen(statistics);
  std::vector<float> all;
  for (std::size_t b = 0; b < 3; ++b)
    for (float score : executor.scores(b)) all.push_back(score);
  return all;
}

}  // namespace

TEST_CASE("executor state: masks survive a round trip level for level", "[algo][round-trip]") {
  ThreadPool pool(1);
  const Graph graph = small_graph();
  const auto first = make_executor(config_of({}), graph, pool);  // three coats, random signs
  const ModelState state = state_of(*first);
  CHECK(is_masked(state));
  const auto second = make_executor(config_of(mask_config_for(state)), graph, pool);
  load_state(*second, state, "state");
  for (std::size_t w = 0; w < graph.weights.size(); ++w) {
    CHECK(first->masks()[w].levels() == second->masks()[w].levels());
    for (std::size_t i = 0; i < first->masks()[w].count(); ++i)
      REQUIRE(first->masks()[w].weights()[i] == second->masks()[w].weights()[i]);
  }
}

TEST_CASE("executor state: an ONNX graph computes the same scores, and its masks are found again",
          "[algo][round-trip]") {
  ThreadPool pool(1);
  const Graph graph = small_graph();
  const auto first = make_executor(config_of({}), graph, pool);
  const OnnxModel onnx = export_onnx(graph, state_of(*first));
  ImportedNetwork imported = import_onnx(onnx, "net.onnx");
  CHECK_FALSE(is_masked(imported.state));
  const auto dense = make_executor(config_of(mask_config_for(imported.state)), imported.graph, pool);
  load_state(*dense, imported.state, "net.onnx");
  const std::vector<float> expected = class_scores(*first), found = class_scores(*dense);
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK(found[i] == Approx(expected[i]).margin(1e-4));
  recover_masks(imported.state);
  REQUIRE(is_masked(imported.state));
  const auto masked = make_executor(config_of(mask_config_for(imported.state)), imported.graph, pool);
  load_state(*masked, imported.state, "net.onnx");
  CHECK(masked->masks().stats().zeros() == first->masks().stats().zeros());
}

TEST_CASE("executor state: up to 7 coats are found in products that an exporter has rounded",
          "[algo][round-trip]") {
  for (const float scale : {1.0f, 0.3333333f, 1.7320508f, 0.0071f})
    for (int coats = 1; coats <= 7; ++coats) {
      INFO(coats << " coats, scale " << scale);
      const float sigma = std::sqrt(2.0f / (9 * 37));
      std::vector<std::uint8_t> levels;
      std::vector<float> values;
      for (int i = 0; i < 600; ++i) {
        const std::uint64_t bits = random_bits(3, RandomStream::scores, static_cast<std::uint64_t>(i));
        const auto level = static_cast<float>((bits >> 8) % static_cast<std::uint64_t>(coats + 1));
        const float weight = (bits & 1) != 0 ? -sigma : sigma;
        levels.push_back(static_cast<std::uint8_t>(level));
        const float first = (bits & 2) != 0 ? weight * level : weight * scale;  // either order, rounded twice
        values.push_back(first * ((bits & 2) != 0 ? scale : level));
      }
      ModelState state;
      state.weights.emplace_back();
      state.weights[0].values = values;
      recover_masks(state);
      REQUIRE(is_masked(state));
      CHECK(*state.weights[0].levels == levels);
      const std::vector<float>& signs = *state.weights[0].values;
      for (std::size_t i = 0; i < values.size(); ++i)
        if (levels[i] != 0) REQUIRE(std::signbit(signs[i]) == std::signbit(values[i]));
    }
}

TEST_CASE("executor state: an empty coat is refused by layer", "[algo][bad-input]") {
  ThreadPool pool(1);
  const Graph graph = small_graph();
  const auto executor = make_executor(config_of({}), graph, pool);
  ModelState state = state_of(*executor);
  for (std::uint8_t& level : *state.weights[1].levels) level = level > 2 ? 2 : level;
  const auto second = make_executor(config_of(mask_config_for(state)), graph, pool);
  CHECK_THROWS_WITH(load_state(*second, state, "file"),
                    Catch::Contains("layer '" + graph.weights[1].name + "': no weight is in coat 3"));
}
