// SPDX-License-Identifier: Apache-2.0
// `in_blocks` counts blocks of 16 channels in every operation, whatever the size of a chunk.
#include <catch2/catch.hpp>
#include <random>

#include "compiler/compile.hpp"
#include "hw/formats/model/random_network.hpp"
#include "hw/formats/program/input_tensor.hpp"
#include "hw/numerics/fp16.hpp"
#include "sim/fast/fast_engine.hpp"
#include "sim/golden.hpp"

using namespace wd;

namespace {

/// Scores by average pooling over an input of 16 x 16 pixels and 32 channels: two blocks, one chunk of 32.
model::Network pooled_input() {
  model::Network network;
  network.name = "pooled";
  network.dataset = "none";
  network.classes = 10;
  network.input_transform = {64, 64, 4, true, {0.5}, {0.25}};
  network.tensors = {{"input", 16, 16, 32, 0}};
  model::Weights weights;
  weights.name = "scores";
  weights.in_channels = 32;
  weights.out_channels = 10;
  weights.coats = 3;
  std::mt19937 random(4);
  for (std::size_t i = 0; i < weights.count(); ++i) weights.levels.push_back(random() % 4);
  network.weights = {weights};
  const std::vector<std::uint16_t> gamma(10, numerics::fp16_from_float(0.01f)), beta(10, 0);
  model::Layer conv;
  conv.name = "scores";
  conv.output = -1;
  conv.pooled = true;
  conv.norms = {{gamma, beta}};
  network.steps = {conv};
  return network;
}

}  // namespace

TEST_CASE("chunks: an input that fills the activation buffer is accepted at every size, with equal scores",
          "[testbench]") {
  const model::Network network = pooled_input();
  std::vector<std::uint16_t> expected;
  for (int chunk : {16, 32, 64}) {
    INFO("chunk " << chunk);
    compiler::Options options;
    options.arch.chunk = chunk;
    options.arch.act_rows = chunk == 16 ? 32 : 16;  // 16 rows of two words, or of one
    const program::Program program = compiler::compile(network, options);
    for (const arch::Instr& instr : program.instrs)
      if (instr.operation() == arch::Op::LoadTensor || instr.operation() == arch::Op::Conv)
        CHECK(instr.in_blocks == 2);
    const auto image = program::InputTensor(program).encode(model::random_image(network, 1));
    sim::GoldenEngine golden(program);
    sim::FastEngine fast(program, {});
    golden.load();
    fast.load();
    const auto scores = golden.frame(image).scores;
    CHECK(fast.frame(image).scores == scores);
    if (expected.empty()) expected = scores;
    CHECK(scores == expected);
    options.arch.act_rows -= 16;
    if (chunk == 16) CHECK_THROWS(compiler::compile(network, options));
  }
}
