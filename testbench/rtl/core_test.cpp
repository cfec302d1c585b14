// SPDX-License-Identifier: Apache-2.0
// The whole core on random programs: values as the golden model, cycles, counters and every tile's
// trace as the fast simulator's recurrences.
#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "sim/fast/fast_engine.hpp"
#include "sim/golden.hpp"
#include "sim/rtl/rtl_engine.hpp"
#include "testbench/programs/agreement.hpp"

namespace wd::testbench {
namespace {

std::string check_against_models(const RandomProgram& random, int initial_state = 0) {
  sim::GoldenEngine golden(random.program);
  sim::FastEngine fast(random.program, random.switches);
  sim::RtlEngine rtl(random.program, random.switches, initial_state);
  return disagreement({&golden, &fast, &rtl}, random);
}

TEST_CASE("core: random programs agree with golden values and recurrence cycles", "[rtl][cosim]") {
  const std::vector<arch::Arch> built = sim::rtl_configurations();
  for (std::size_t i = 1; i < built.size(); ++i)  // the first, the full one, below
    for (std::uint64_t seed = 0; seed < (i == 1 ? 60u : 16u); ++seed) {
      INFO("configuration " << i << " seed " << seed);
      CHECK(check_against_models(random_program({.seed = seed, .arch = built[i]})) == "");
    }
}

TEST_CASE("core: the full configuration agrees too", "[rtl][cosim]") {
  for (std::uint64_t seed = 1000; seed < 1004; ++seed) {
    INFO("seed " << seed);
    CHECK(check_against_models(random_program({.seed = seed, .arch = sim::rtl_configurations()[0]})) == "");
  }
}

TEST_CASE("core: nothing depends on what registers and memories hold before reset", "[rtl][cosim]") {
  for (int seed = 1; seed <= 8; ++seed) {
    INFO("seed " << seed);
    RandomProgram random = random_program(
        {.seed = 2000 + static_cast<std::uint64_t>(seed), .arch = sim::rtl_configurations()[1]});
    random.switches.gate_array = seed % 2;  // without the gate the array is clocked from the start
    random.switches.gate_group = random.switches.gate_sum = seed % 4 < 2;
    CHECK(check_against_models(random, seed) == "");
  }
}

TEST_CASE("core: a program for another architecture is refused by name", "[rtl][bad-input]") {
  RandomProgram random = random_program({.seed = 1, .arch = sim::rtl_configurations()[1]});
  random.program.arch.window = 5;
  CHECK_THROWS_WITH(sim::RtlEngine(random.program, {}),
                    "the RTL is elaborated with 'window' = 2 and 4 and 8 and 3, the program was compiled for "
                    "5; compile again with --arch and {\"window\": 2}");
  random.program.arch = arch::Arch{};
  random.program.arch.pes_per_group = 32;
  CHECK_THROWS_WITH(sim::RtlEngine(random.program, {}),
                    "the RTL is elaborated with 'pes_per_group' = 64 and 16, the program was compiled for "
                    "32; compile again with --arch and {\"pes_per_group\": 64}");
}

}  // namespace
}  // namespace wd::testbench
