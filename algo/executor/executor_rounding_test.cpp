// SPDX-License-Identifier: Apache-2.0
// Training steps with rounded tensors, FP8 and bf16: the gradient
// is that of the rounded values, straight through.
#include <catch2/catch.hpp>

#include "algo/executor/training_step.hpp"
#include "hw/numerics/fp8.hpp"

using namespace wd;
using namespace wd::algo;

namespace {

double fp8_rounded(double x, int scale_exp) {
  const auto scaled = static_cast<float>(std::ldexp(x, scale_exp));
  return std::ldexp(double{numerics::fp8_to_float(numerics::fp8_from_float(scaled))}, -scale_exp);
}

}  // namespace

TEST_CASE("executor: FP8 rounds every stored tensor and passes gradients straight through",
          "[algo][oracle][gradient]") {
  for (const NetworkCase& network : network_cases()) {
    INFO(network.name);
    ThreadPool pool(2);
    const auto executor = make_case(network, Precision::fp32, batch, pool);
    std::vector<int>& exps = executor->fp8.exps;
    exps.assign(executor->graph().tensors.size(), 4);
    exps[1] = 3;
    PlainNetwork plain = plain_copy(*executor);
    for (double& x : plain.input) x = fp8_rounded(x, exps[0]);
    const Node& last = plain.graph.nodes.back();
    plain.fix([&](std::size_t n, PlainValues values) {
      const Node& node = plain.graph.nodes[n];
      const auto output = static_cast<std::size_t>(node.output);
      const int exp = exps[static_cast<std::size_t>(plain.graph.activations[output])];
      // Maxima are FP8 values; scores, and the pooled features
      // that only the classifier reads, are not rounded.
      const bool stored =
          &node != &last && node.kind != NodeKind::max_pool && node.kind != NodeKind::average_pool;
      for (double& x : values) x = stored ? fp8_rounded(x, exp) : x;
      return values;
    });
    executor->set_input(std::vector<float>(plain.input.begin(), plain.input.end()));
    executor->forward_train();
    check_activations(*executor, plain.forward(), 1e-5);
    CHECK(executor->loss(targets()).loss == Approx(plain.loss()).epsilon(1e-6));
    executor->backward();
    check_gradients(*executor, plain, {2e-5, 3e-7});
  }
}

TEST_CASE("executor: bf16 rounds each tensor once, and its gradient keeps near that of the rounded values",
          "[algo][oracle][gradient]") {
  // At other values than these, some ReLUs would switch: FP32's gradient is no reference.
  for (const NetworkCase& network : network_cases()) {
    INFO(network.name);
    ThreadPool pool(2);
    const auto executor = make_case(network, Precision::bf16, batch, pool);
    executor->forward_train();
    PlainNetwork plain = plain_copy(*executor);
    for (std::size_t w = 0; w < plain.weights.size(); ++w)
      for (std::size_t i = 0; i < plain.weights[w].size(); ++i)
        plain.weights[w][i] =
            static_cast<double>(static_cast<float>(BFloat16(executor->masks()[w].weights()[i]))) *
            executor->masks()[w].sigma();
    plain.fix([&](std::size_t n, const PlainValues& exact) {
      const std::vector<float> values = executor->values(plain.graph.nodes[n].output);
      INFO("output of " << plain.graph.nodes[n].name);
      CHECK(difference(values, exact) < 0.01);
      return PlainValues(values.begin(), values.end());
    });
    CHECK(executor->loss(targets()).loss == Approx(plain.loss()).epsilon(1e-6));
    executor->backward();
    check_gradients(*executor, plain, {0.05, 0.01});
  }
}
