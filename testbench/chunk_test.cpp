// SPDX-License-Identifier: Apache-2.0
// `in_blocks` counts blocks of 16 channels in every operation, whatever the size of a chunk; what a word has behind them is not read.
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
/// @param with_pool each pixel is a window of a pool first
model::Network pooled_input(bool with_pool = false) {
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
  if (with_pool) {
    network.tensors.push_back({"pool", 16, 16, 32, 0});
    model::Layer pool;
    pool.kind = model::LayerKind::pool;
    pool.name = "pool";
    pool.weights = -1;
    pool.output = conv.input = 1;
    network.steps = {pool};
  }
  network.steps.push_back(conv);
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

TEST_CASE("chunks: what a word has behind a tensor's channels is not read", "[testbench]") {
  arch::Switches switches;  // zero weights are walked: an activation that is not zero takes time
  switches.skip_zero_weights = false;
  for (const bool with_pool : {false, true})
    for (const int chunk : {32, 64}) {
      INFO("chunk " << chunk << (with_pool ? ", a pool" : ""));
      const model::Network network = pooled_input(with_pool);
      compiler::Options options;
      options.arch.chunk = chunk;
      program::Program program = compiler::compile(network, options);
      for (arch::Instr& instr : program.instrs) {  // of the 32 channels that are loaded, 16 are the tensor's
        if (instr.operation() == arch::Op::Conv) instr.in_blocks = 1;
        if (instr.operation() == arch::Op::Pool) instr.in_blocks = instr.out_blocks = 1;
      }
      const auto loaded = program::InputTensor(program).encode(model::random_image(network, 1));
      auto alone = loaded;
      std::fill(alone.begin() + static_cast<std::ptrdiff_t>(alone.size() / 2), alone.end(), std::uint8_t{0});
      REQUIRE(alone != loaded);  // the second block's beats follow the first's
      sim::FastEngine first(program, switches), second(program, switches), replay(program, switches);
      for (sim::FastEngine* engine : {&first, &second, &replay}) engine->load();
      sim::fast::FrameMaps maps;
      const sim::FrameResult result = first.frame(alone);
      CHECK(second.record(loaded, maps).counters == result.counters);
      CHECK(maps.scores == result.scores);
      sim::GoldenEngine golden(program);
      golden.load();
      CHECK(golden.frame(loaded).scores == result.scores);
      CHECK(replay.replay(loaded, maps).counters == result.counters);
      for (std::size_t l = 0; l < program.layers.size(); ++l)
        for (const sim::FastEngine* engine : {&second, &replay})
          CHECK(engine->layer_sparsity()[l].zero_activations == first.layer_sparsity()[l].zero_activations);
    }
}
