// SPDX-License-Identifier: Apache-2.0
// Tensors that share activation rows: networks with residuals, folds and tensors that are written twice compute what a
// direct evaluation with a buffer of its own for every tensor computes.
#include <catch2/catch.hpp>

#include "algo/quantize/model_interpreter.hpp"
#include "compiler/compile.hpp"
#include "flow/lockstep.hpp"
#include "hw/formats/model/random_network.hpp"
#include "hw/formats/program/input_tensor.hpp"
#include "sim/fast/fast_engine.hpp"
#include "sim/golden.hpp"

using namespace wd;

namespace {

/// CONVs that write over their residual outside of loops.
int residuals_in_place(const program::Program& program) {
  int count = 0;
  bool loop = false;
  for (const arch::Instr& i : program.instrs) {
    if (i.operation() == arch::Op::Loop) loop = true;
    if (i.operation() == arch::Op::EndLoop) loop = false;
    count += i.operation() == arch::Op::Conv && !loop && i.residual && i.res_base == i.out_base;
  }
  return count;
}

}  // namespace

TEST_CASE("shared rows: the scores of a direct evaluation, cycles and counters of rows of one's own",
          "[testbench][oracle]") {
  int in_place = 0, in_place_alone = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    const model::Network network = model::residual_network(seed);
    compiler::Options options;
    options.arch.pes_per_group = seed % 2 == 0 ? 64 : 16;
    options.arch.chunk = options.arch.pes_per_group == 64 ? 16 << seed % 3 : 16;
    options.fold = seed % 4 != 0;
    options.arch.act_rows = 4096;
    const program::Program shared = compiler::compile(network, options);
    options.share_rows = false;
    const program::Program alone = compiler::compile(network, options);
    in_place += residuals_in_place(shared);
    in_place_alone += residuals_in_place(alone);
    arch::Switches switches;  // what is left of words is walked
    switches.skip_zero_weights = switches.skip_zero_bits = seed % 5 != 0;
    sim::GoldenEngine golden(shared);
    sim::FastEngine fast(shared, switches), fast_alone(alone, switches);
    for (sim::Engine* engine : {static_cast<sim::Engine*>(&golden), static_cast<sim::Engine*>(&fast),
                                static_cast<sim::Engine*>(&fast_alone)})
      engine->load();
    algo::ModelInterpreter direct(network);
    const program::InputTensor input(shared);
    for (std::uint64_t image = 0; image < 2; ++image) {
      const auto pixels = model::random_image(network, seed + image);
      const auto encoded = input.encode(pixels);
      CHECK(golden.frame(encoded).scores == direct.scores(pixels));
      const sim::FrameResult result = fast.frame(encoded), expected = fast_alone.frame(encoded);
      CHECK(result.scores == expected.scores);
      CHECK(result.counters == expected.counters);
      CHECK_FALSE(flow::compare_frame({&golden, &fast}, shared, encoded).first);
    }
  }
  CHECK(in_place > in_place_alone + 20);
}

TEST_CASE("shared rows: the networks that all engines run write over residuals", "[testbench]") {
  int in_place = 0;
  for (std::uint64_t seed = 17; seed <= 24; ++seed) {  // of engines_test
    compiler::Options options;
    options.arch.pes_per_group = seed % 2 == 0 ? 64 : 16;
    options.fold = seed % 3 != 0;
    in_place += residuals_in_place(compiler::compile(model::residual_network(seed), options));
    options.share_rows = false;
    in_place -= residuals_in_place(compiler::compile(model::residual_network(seed), options));
  }
  CHECK(in_place >= 3);
}
