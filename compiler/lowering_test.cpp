// SPDX-License-Identifier: Apache-2.0
#include "compiler/lowering.hpp"

#include <catch2/catch.hpp>

#include "hw/formats/model/random_network.hpp"

using namespace wd;
using namespace wd::compiler;

TEST_CASE(
    "lower_steps: a fold stays a step of its body, or becomes a step for every convolution and iteration",
    "[compiler]") {
  const model::Network network = model::hidden_fold_network({16, {32}, {2}, {3}, 1}, 1);
  REQUIRE(network.steps.size() == 6);  // stem, conv1, shortcut, conv2, the fold of two, classifier
  const std::vector<LoweredStep> folded = lower_steps(network, true), unrolled = lower_steps(network, false);
  REQUIRE(folded.size() == 6);
  CHECK(folded[4].loop_count == 3);
  REQUIRE(folded[4].convs.size() == 2);
  CHECK(folded[4].convs[1].name == "stage1.fold2");
  CHECK(folded[4].convs[1].norm_count == 3);
  REQUIRE(unrolled.size() == 5 + 3 * 2);
  const char* names[] = {"stage1.fold1.0", "stage1.fold2.0", "stage1.fold1.1",
                         "stage1.fold2.1", "stage1.fold1.2", "stage1.fold2.2"};
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK(unrolled[4 + i].loop_count == 1);
    REQUIRE(unrolled[4 + i].convs.size() == 1);
    CHECK(unrolled[4 + i].convs[0].name == names[i]);
    CHECK(unrolled[4 + i].convs[0].first_norm == i / 2);
    CHECK(unrolled[4 + i].convs[0].norm_count == 1);
    CHECK(unrolled[4 + i].convs[0].weights == folded[4].convs[i % 2].weights);
  }
}

TEST_CASE(
    "lower_steps: outputs have the size that kernel, stride and pad make; a pooled kernel is its input's",
    "[compiler]") {
  const model::Network network = model::hidden_fold_network({16, {32}, {2}, {3}, 1}, 1);
  const std::vector<LoweredStep> steps = lower_steps(network, true);
  const LoweredConv &stem = steps[0].convs[0], &strided = steps[1].convs[0], &shortcut = steps[2].convs[0],
                    &scores = steps[5].convs[0];
  CHECK((stem.out_h == 7 && stem.out_w == 7 && stem.kernel_h == 3));
  CHECK((strided.out_h == 4 && strided.out_w == 4));    // (7 + 2 - 3) / 2 + 1
  CHECK((shortcut.out_h == 4 && shortcut.out_w == 4));  // (7 - 1) / 2 + 1
  CHECK((scores.out_h == 1 && scores.out_w == 1 && scores.kernel_h == 4 && scores.kernel_w == 4));
}

TEST_CASE("lower_steps: height stays height, of maps and of kernels", "[compiler][oracle]") {
  int tall_kernels = 0, tall_pooled = 0;
  for (std::uint64_t seed = 0; seed < 40; seed += 2)
    for (const model::Network& network : {model::small_network(seed), model::residual_network(seed)})
      for (const LoweredStep& step : lower_steps(network, true))
        for (const LoweredConv& conv : step.convs) {
          INFO(network.name << " " << seed << " " << conv.name);
          const model::Layer& layer = *conv.conv;
          const model::Tensor& input = network.tensors[static_cast<std::size_t>(layer.input)];
          CHECK(conv.input == &input);
          if (layer.output >= 0) {
            const model::Tensor& output = network.tensors[static_cast<std::size_t>(layer.output)];
            CHECK((conv.out_h == output.height && conv.out_w == output.width));
          }
          if (layer.kind == model::LayerKind::elementwise) continue;
          const bool pool = layer.kind == model::LayerKind::pool;
          CHECK(conv.kernel_h == (layer.pooled ? input.height
                                  : pool       ? layer.kernel_h
                                               : conv.weights->kernel_h));
          CHECK(conv.kernel_w == (layer.pooled ? input.width
                                  : pool       ? layer.kernel_w
                                               : conv.weights->kernel_w));
          tall_kernels += !layer.pooled && conv.kernel_h != conv.kernel_w;
          tall_pooled += layer.pooled && conv.kernel_h != conv.kernel_w;
        }
  CHECK((tall_kernels > 10 && tall_pooled > 10));
}
