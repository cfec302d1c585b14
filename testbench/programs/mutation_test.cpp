// SPDX-License-Identifier: Apache-2.0
// What passes the checker runs to its HALT on all engines, with equal results: the checker's proof, put to the test.
#include <catch2/catch.hpp>
#include <iostream>
#include <optional>

#include "base/error.hpp"
#include "sim/fast/fast_engine.hpp"
#include "sim/golden.hpp"
#include "sim/rtl/rtl_engine.hpp"
#include "sim/systemc/own_process.hpp"
#include "sim/systemc/systemc_engine.hpp"
#include "testbench/programs/agreement.hpp"
#include "testbench/programs/mutant.hpp"

namespace wd::testbench {
namespace {

struct Verdict {
  bool passed = false;     // program::check
  bool compared = false;   // on all engines
  std::string difference;  // empty: they agree
};

/// @param all SystemC and RTL, else one of them in turn: each takes as long as all the rest
Verdict judge(std::uint64_t seed, const arch::Arch& arch, bool all) {
  const RandomProgram random = mutant(seed, arch);
  Verdict verdict;
  try {
    program::check(random.program, "mutant");
  } catch (const Error&) {
    return verdict;
  }
  verdict.passed = true;
  sim::GoldenEngine golden(random.program);
  sim::FastEngine fast(random.program, random.switches);
  try {
    for (sim::Engine* engine : {static_cast<sim::Engine*>(&golden), static_cast<sim::Engine*>(&fast)}) {
      engine->load();
      if (engine->frame(random.inputs.front()).counters.cycles > 400'000)
        return verdict;  // a loop became long
    }
  } catch (const Error&) {
    return verdict;  // a sum beyond the accumulator, which depends on data
  }
  verdict.compared = true;
  verdict.difference = sim::systemc::in_own_process([&]() -> std::string {
    sim::GoldenEngine values(random.program);
    sim::FastEngine cycles(random.program, random.switches);
    std::vector<sim::Engine*> engines{&values, &cycles};
    std::optional<sim::SystemCEngine> model;
    std::optional<sim::RtlEngine> rtl;
    if (all || seed % 2 == 0) engines.push_back(&model.emplace(random.program, random.switches));
    // Where memories hold anything at first, a word that nobody has written makes a difference.
    const int initial_state = 1 + static_cast<int>(seed % 1000);
    if (all || seed % 2 == 1) engines.push_back(&rtl.emplace(random.program, random.switches, initial_state));
    return disagreement(engines, random);
  });
  return verdict;
}

void check_mutants(std::uint64_t first, std::uint64_t count, bool all) {
  const std::vector<arch::Arch> built = sim::rtl_configurations();
  std::uint64_t passed = 0, compared = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const Verdict verdict = judge(seed, built[1 + seed / 2 % (built.size() - 1)], all);
    passed += verdict.passed, compared += verdict.compared;
    INFO("seed " << seed);
    CHECK(verdict.difference == "");
  }
  std::cout << count << " mutants: " << count - passed << " refused, " << compared << " of " << passed
            << " others compared on all engines\n";
  CHECK(passed < count * 9 / 10);
  CHECK(compared > count / 20);
}

TEST_CASE("mutants: what the checker passes, all engines agree on", "[mutants]") {
  check_mutants(0, 200, false);
}

TEST_CASE("mutants: ten thousand", "[.][study]") {
  // A process takes one of them (-c "thousand N"), so that they run side by side and a stop loses one at most.
  for (std::uint64_t thousand = 0; thousand < 10; ++thousand) DYNAMIC_SECTION("thousand " << thousand) {
      check_mutants(10'000 + 1'000 * thousand, 1'000, true);
    }
}

}  // namespace
}  // namespace wd::testbench
