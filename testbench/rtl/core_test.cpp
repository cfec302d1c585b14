// SPDX-License-Identifier: Apache-2.0
// The whole core on random programs: values as the golden model, cycles, counters and every tile's
// trace as the fast simulator's recurrences.
#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "sim/fast/fast_engine.hpp"
#include "sim/golden.hpp"
#include "sim/rtl/rtl_engine.hpp"
#include "testbench/rtl/core_program.hpp"

namespace wd::testbench {
namespace {

struct Recorder : sim::Trace {
  std::vector<sim::TileTrace> tiles;
  std::vector<sim::ConvTrace> convs;
  void tile(const sim::TileTrace& tile) override { tiles.push_back(tile); }
  void conv(const sim::ConvTrace& conv) override { convs.push_back(conv); }
};

void check_counters(const arch::Counters& rtl, const arch::Counters& expected) {
#define ARCH_COUNTER(name, sv, unit, meaning) CHECK(rtl.name == expected.name);
#include "hw/arch/counters.def"
#undef ARCH_COUNTER
}

void compare(const RandomProgram& random, int initial_state = 0) {
  Recorder rtl_trace, fast_trace, golden_trace;
  sim::RtlEngine rtl(random.program, random.switches, initial_state);
  sim::FastEngine fast(random.program, random.switches);
  sim::GoldenEngine golden(random.program);
  check_counters(rtl.load(), fast.load());
  golden.load();
  rtl.set_trace(&rtl_trace);
  fast.set_trace(&fast_trace);
  golden.set_trace(&golden_trace);
  for (int frame = 0; frame < 2; ++frame) {
    CAPTURE(frame);
    const sim::FrameResult got = rtl.frame(random.input), timed = fast.frame(random.input);
    golden.frame(random.input);
    check_counters(got.counters, timed.counters);
    // The scores went through the store burst and the host; the golden ones are the last layer's.
    const std::vector<std::uint8_t>& bytes = golden_trace.convs.back().outputs;
    for (std::size_t i = 0; i < got.scores.size(); ++i)
      CHECK(got.scores[i] == (bytes[2 * i] | bytes[2 * i + 1] << 8));
  }
  REQUIRE(rtl_trace.tiles.size() == fast_trace.tiles.size());
  REQUIRE(rtl_trace.tiles.size() == golden_trace.tiles.size());
  for (std::size_t i = 0; i < rtl_trace.tiles.size(); ++i) {
    const sim::TileTrace &got = rtl_trace.tiles[i], &timed = fast_trace.tiles[i];
    CAPTURE(i, got.id.layer, got.id.iteration, got.id.oc, got.id.y, got.id.x);
    REQUIRE(got.id == timed.id);
    REQUIRE(got.sums == golden_trace.tiles[i].sums);
    REQUIRE(got.start_cycle == timed.start_cycle);
    REQUIRE(got.details.size() == timed.details.size());
    for (std::size_t d = 0; d < got.details.size(); ++d) {
      CAPTURE(got.details[d].what);
      REQUIRE(got.details[d].what == timed.details[d].what);
      REQUIRE(got.details[d].values == timed.details[d].values);
    }
    REQUIRE(got.run_end_cycle == timed.run_end_cycle);
  }
  REQUIRE(rtl_trace.convs.size() == golden_trace.convs.size());
  for (std::size_t i = 0; i < rtl_trace.convs.size(); ++i) {
    const sim::ConvTrace &got = rtl_trace.convs[i], &timed = fast_trace.convs[i],
                         &plain = golden_trace.convs[i];
    CAPTURE(i, got.layer, got.iteration);
    REQUIRE(got.layer == plain.layer);
    REQUIRE(got.iteration == plain.iteration);
    REQUIRE(got.outputs == plain.outputs);
    REQUIRE(got.end_cycle == timed.end_cycle);
  }
}

TEST_CASE("core: random programs agree with golden values and recurrence cycles", "[rtl][cosim]") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    INFO("seed " << seed);
    compare(random_program(seed, sim::rtl_configurations()[1]));
  }
}

TEST_CASE("core: the full configuration agrees too", "[rtl][cosim]") {
  for (std::uint64_t seed = 1000; seed < 1004; ++seed) {
    INFO("seed " << seed);
    compare(random_program(seed, sim::rtl_configurations()[0]));
  }
}

TEST_CASE("core: nothing depends on what registers and memories hold before reset", "[rtl][cosim]") {
  for (int seed = 1; seed <= 8; ++seed) {
    INFO("seed " << seed);
    RandomProgram random =
        random_program(2000 + static_cast<std::uint64_t>(seed), sim::rtl_configurations()[1]);
    random.switches.gate_array = seed % 2;  // without the gate the array is clocked from the start
    random.switches.gate_group = random.switches.gate_pe = seed % 4 < 2;
    compare(random, seed);
  }
}

TEST_CASE("core: a program for another architecture is refused by name", "[rtl][bad-input]") {
  RandomProgram random = random_program(1, sim::rtl_configurations()[1]);
  random.program.arch.window = 4;
  CHECK_THROWS_WITH(sim::RtlEngine(random.program, {}),
                    "the RTL is elaborated with 'window' = 8, the program was compiled for 4");
  random.program.arch = arch::Arch{};
  random.program.arch.pes_per_group = 32;
  CHECK_THROWS_WITH(
      sim::RtlEngine(random.program, {}),
      "the RTL is elaborated with 'pes_per_group' = 64 and 16, the program was compiled for 32");
}

}  // namespace
}  // namespace wd::testbench
