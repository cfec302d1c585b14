// SPDX-License-Identifier: Apache-2.0
#include "algo/quantize/absorb.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "algo/quantize/quantized_executor.hpp"
#include "hw/numerics/fp16.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;

namespace {

// Affine norms of nodes with and without products; batch norms that nodes share, and none.
constexpr const char* networks[] = {
    R"({"kind": "res_mlp", "patch": 7, "dim": 12, "channel_dim": 20, "depth": 4, "folds": 2})",
    R"({"kind": "resnet", "patch": 4, "stem": {"channels": 20, "max_pool": true}, "shared_norm": true,
        "stages": [{"channels": 20, "blocks": 3, "stride": 1, "folded": true}]})"};

}  // namespace

TEST_CASE("absorb: pairs hold sigma, statistics and scales", "[algo][oracle]") {
  for (const char* network : networks) {
    INFO(network);
    const QuantizedExecutor from(network, "{}"), *q = &from;
    const Graph& graph = q->executor->graph();
    const auto scale = [&](int activation) {
      return q->scales[static_cast<std::size_t>(graph.activations[static_cast<std::size_t>(activation)])];
    };
    for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
      const Node& node = graph.nodes[n];
      INFO(node.name);
      if (node.kind == NodeKind::max_pool || node.kind == NodeKind::average_pool) {
        CHECK(q->norms[n].gamma.empty());
        continue;
      }
      const double sigma =
          node.weights < 0 ? 1 : q->executor->masks()[static_cast<std::size_t>(node.weights)].sigma();
      double gamma = 1, beta = 0, mean = 0, deviation = 1, positions = 1;
      if (node.norm >= 0) {
        const auto at = static_cast<std::size_t>(node.norm);
        const NormParameters& norm = q->executor->norms()[at];
        gamma = static_cast<double>(norm.gamma.value[1]);
        beta = static_cast<double>(norm.beta.value[1]);
        if (norm.kind == NormKind::batch) {
          mean = static_cast<double>(q->statistics[at].mean[1]);
          deviation = std::sqrt(static_cast<double>(q->statistics[at].variance[1]) + 1e-5);
        }
      }
      int input = scale(node.input), output = scale(node.output);
      if (n + 1 == graph.nodes.size()) {
        output = 0;
        const Node& pool = graph.nodes[n - 1];
        input = scale(pool.input);
        positions = static_cast<double>(graph.tensor_of(pool.input).positions());
      }
      const double factor = std::ldexp(gamma / deviation * sigma / positions, output - input);
      const double offset = std::ldexp(beta - gamma * mean / deviation, output);
      // FP16 keeps 11 bits.
      CHECK(numerics::fp16_to_float(q->norms[n].gamma[1]) == Approx(factor).epsilon(0x1p-11));
      CHECK(numerics::fp16_to_float(q->norms[n].beta[1]) == Approx(offset).epsilon(0x1p-11).margin(1e-7));
    }
  }
}

TEST_CASE("absorb: constants beyond FP16 are refused", "[algo][bad-input]") {
  const model::Norm norm = absorb_norm("conv", {{0.75, -0.5}}, 2, 4);
  CHECK(numerics::fp16_to_float(norm.gamma[0]) == 3.0f);
  CHECK(numerics::fp16_to_float(norm.beta[0]) == -8.0f);
  CHECK_THROWS_WITH(absorb_norm("stem", {{1, 0}, {1e5, 0}}, 0, 0),
                    Contains("stem: channel 1: gamma is 100000, beyond FP16's 65504"));
}
