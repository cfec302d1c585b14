// SPDX-License-Identifier: Apache-2.0
// Splitting layers and the size of chunks change when weights come, never what is computed.
#include <catch2/catch.hpp>

#include "flow/lockstep.hpp"
#include "hw/formats/model/random_network.hpp"
#include "hw/formats/program/input_tensor.hpp"
#include "sim/fast/fast_engine.hpp"
#include "sim/golden.hpp"
#include "testbench/programs/tight_program.hpp"

using namespace wd;

TEST_CASE("split layers: the same scores as whole ones, for every size of chunk", "[testbench]") {
  const model::Network network = model::hidden_fold_network({16, {80, 144}, {1, 2}, {2, 3}, 3}, 21);
  const program::Program whole = compiler::compile(network, {});
  const program::InputTensor input(whole);
  const std::vector<std::uint8_t> image = input.encode(model::random_image(network, 1));
  sim::GoldenEngine reference(whole);
  reference.load();
  const std::vector<std::uint16_t> expected = reference.frame(image).scores;
  for (int chunk : {16, 32, 64}) {
    INFO("chunk " << chunk);
    compiler::Options options;
    options.arch.chunk = chunk;
    const program::Program split = testbench::compile_tightly(network, options);
    CHECK(split.layers.size() > whole.layers.size());
    sim::GoldenEngine golden(split);
    sim::FastEngine fast(split, {});
    golden.load();
    fast.load();
    CHECK(golden.frame(image).scores == expected);
    const auto result = flow::compare_frame({&golden, &fast}, split, image);
    CHECK_FALSE(result.first);
    CHECK(result.tiles > 0);
  }
}
