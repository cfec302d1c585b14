// SPDX-License-Identifier: Apache-2.0
// Random programs on every kernel of the fast simulator and several numbers of threads: values of the golden model, counters of
// the plain kernel on one thread (which systemc.program holds to the SystemC model).
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "sim/fast/fast_engine.hpp"
#include "sim/golden.hpp"
#include "testbench/programs/random_program.hpp"

namespace wd::testbench {
namespace {

using sim::FastEngine;
using sim::FastOptions;
using sim::FrameResult;

struct Outcome {
  arch::Counters load;
  std::vector<FrameResult> frames;
  std::vector<arch::Counters> layers;
  std::vector<std::uint64_t> operands;

  Outcome(FastEngine& engine, const RandomProgram& random) : load(engine.load()) {
    for (const auto& input : random.inputs) frames.push_back(engine.frame(input));
    layers = engine.layer_counters();
    for (const FastEngine::Sparsity& seen : engine.layer_sparsity()) {
      operands.push_back(seen.activations);
      operands.push_back(seen.zero_activations);
    }
  }
};

void require_equal(const Outcome& one, const Outcome& other) {
  REQUIRE(one.load == other.load);
  REQUIRE(one.frames.size() == other.frames.size());
  for (std::size_t i = 0; i < one.frames.size(); ++i) {
    REQUIRE(one.frames[i].scores == other.frames[i].scores);
    REQUIRE(arch::to_json(one.frames[i].counters).dump() == arch::to_json(other.frames[i].counters).dump());
  }
  REQUIRE(one.layers == other.layers);
  REQUIRE(one.operands == other.operands);
}

void check(const RandomChoice& choice) {
  const RandomProgram random = random_program(choice);
  sim::GoldenEngine golden(random.program);
  golden.load();
  FastEngine plain(random.program, random.switches, {.kernel = sim::fast::Kernel::plain});
  const Outcome expected(plain, random);
  for (std::size_t i = 0; i < random.inputs.size(); ++i)
    REQUIRE(golden.frame(random.inputs[i]).scores == expected.frames[i].scores);
  for (const sim::fast::Kernel kernel : sim::fast::all_kernels()) {
    if (!sim::fast::available(kernel)) continue;
    for (const unsigned threads : {1u, 2u, 8u}) {
      INFO("kernel " << name_of(kernel) << ", " << threads << " threads");
      FastEngine engine(random.program, random.switches, {.kernel = kernel, .threads = threads});
      require_equal(Outcome(engine, random), expected);
      FastEngine beside(engine, 1);
      require_equal(Outcome(beside, random), expected);
    }
  }
  FastEngine forgetful(random.program, random.switches, {.weights_limit = 0});
  require_equal(Outcome(forgetful, random), expected);
}

}  // namespace

TEST_CASE("kernels: random programs give the same on every kernel and number of threads", "[sim][oracle]") {
  for (unsigned seed = 0; seed < 40; ++seed) {
    INFO("seed " << seed);
    RandomChoice choice{
        .seed = seed,
        .arch = roomy_arch(seed, 16 + 16 * static_cast<int>(seed % 4), 1 + static_cast<int>(seed * 5 % 8))};
    choice.arch.groups_per_walker = 1 << seed % 5;
    choice.arch.planes_per_row = 1 + static_cast<int>(seed % 3);
    check(choice);
  }
}

TEST_CASE("kernels: the default chip gives the same on every kernel and number of threads", "[sim][oracle]") {
  for (unsigned seed = 0; seed < 10; ++seed) {
    INFO("seed " << seed);
    check({.seed = seed});
  }
}

}  // namespace wd::testbench
