// SPDX-License-Identifier: Apache-2.0
// Compiled programs with coded weights, with all signs in them, and with rows: the same values, fewer beats each time.
#include <catch2/catch.hpp>

#include "compiler/compile.hpp"
#include "hw/formats/model/random_network.hpp"
#include "sim/fast/fast_engine.hpp"
#include "sim/golden.hpp"
#include "testbench/programs/tight_program.hpp"

namespace wd::testbench {
namespace {

struct Outcome {
  std::vector<std::uint16_t> scores;
  arch::Counters load, frame;
  std::size_t bytes = 0;
};

Outcome run(const program::Program& program) {
  std::vector<std::uint8_t> input(std::size_t{program.input_beats} * program::beat_bytes);
  for (std::size_t i = 0; i < input.size(); ++i) input[i] = static_cast<std::uint8_t>(i * 37 % 0x70);
  sim::FastEngine fast(program, {});
  Outcome outcome;
  outcome.load = fast.load();
  const sim::FrameResult frame = fast.frame(input);
  outcome.scores = frame.scores;
  outcome.frame = frame.counters;
  outcome.bytes = program.memory.size();
  sim::GoldenEngine golden(program);
  golden.load();
  REQUIRE(golden.frame(input).scores == outcome.scores);
  return outcome;
}

void check(const model::Network& network, bool tight) {
  INFO(network.name << (tight ? ", streamed" : ", resident"));
  const auto outcome = [&](bool huffman, bool on_chip_signs) {
    const compiler::Options options{.huffman = huffman, .on_chip_signs = on_chip_signs};
    return run(tight ? compile_tightly(network, options) : compiler::compile(network, options));
  };
  const Outcome coded = outcome(true, true), signs = outcome(true, false), rows = outcome(false, false);
  CHECK(coded.scores == rows.scores);
  CHECK(signs.scores == rows.scores);
  const auto beats = [](const Outcome& o) { return o.load.beats_read + o.frame.beats_read; };
  CHECK(beats(coded) < beats(rows));
  CHECK(beats(coded) <= beats(signs));
  CHECK(coded.bytes < rows.bytes);
  CHECK(coded.frame.bit_ops == rows.frame.bit_ops);
}

}  // namespace

TEST_CASE("coded programs compute what rows compute, from fewer beats", "[testbench][cosim]") {
  for (const bool tight : {false, true}) {
    check(model::hidden_fold_network({}, 3), tight);
    check(model::residual_network(4), tight);
  }
}

}  // namespace wd::testbench
