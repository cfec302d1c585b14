// SPDX-License-Identifier: Apache-2.0
// The text form of random programs and of compiled networks: every byte of the program file comes back.
#include "hw/formats/program/program_text.hpp"

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "hw/formats/model/random_network.hpp"
#include "hw/formats/program/memory_blocks.hpp"
#include "testbench/programs/random_program.hpp"
#include "testbench/programs/tight_program.hpp"

using namespace wd;

namespace {

/// Beats of each kind of block.
struct Beats {
  std::int64_t weights = 0, coded = 0, norms = 0, unknown = 0;

  void add(const program::Program& program) {
    using Kind = program::MemoryBlock::Kind;
    for (const program::MemoryBlock& block : program::memory_blocks(program))
      (block.kind == Kind::weights ? weights
       : block.kind == Kind::coded ? coded
       : block.kind == Kind::norms ? norms
                                   : unknown) += block.beats;
  }
};

void require_round_trip(const program::Program& program) {
  const std::string printed = program::program_text(program);
  const program::Program again = program::read_program_text(printed, "printed");
  REQUIRE(program::encode_program(again, "again").serialize() ==
          program::encode_program(program, "program").serialize());
}

}  // namespace

TEST_CASE("program text: random programs come back byte for byte", "[testbench][round-trip]") {
  Beats beats;
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    INFO("seed " << seed);
    testbench::RandomChoice choice{seed, testbench::roomy_arch(seed, seed % 2 == 0 ? 16 : 64, 2)};
    choice.arch.chunk = choice.arch.pes_per_group == 64 ? 16 << seed % 3 : 16;
    const program::Program program = testbench::random_program(choice).program;
    require_round_trip(program);
    beats.add(program);
  }
  CHECK(beats.weights > 10000);
  CHECK(beats.coded > 1000);
  CHECK(beats.norms > 1000);
  CHECK(beats.unknown < beats.norms);  // they would come back as hexadecimal digits, too
}

TEST_CASE("program text: compiled networks come back byte for byte", "[testbench][round-trip]") {
  Beats beats;
  const auto compiled = [&](const model::Network& network, const compiler::Options& options, bool tight) {
    const program::Program program =
        tight ? testbench::compile_tightly(network, options) : compiler::compile(network, options);
    require_round_trip(program);
    beats.add(program);
  };
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    compiler::Options options;
    options.fold = seed % 3 != 0;
    options.arch.act_rows = 4096;
    compiled(model::small_network(seed), options, false);
    compiled(model::residual_network(seed), options, false);
  }
  for (const int chunk : {16, 32, 64}) {
    compiler::Options options;
    options.arch.chunk = chunk;
    compiled(model::hidden_fold_network({16, {32, 80}, {1, 2}, {2, 3}, 3}, 5), options, true);
  }
  CHECK(beats.weights > 0);
  CHECK(beats.coded > 0);
  CHECK(beats.norms > 0);
  CHECK(beats.unknown == 0);
}
