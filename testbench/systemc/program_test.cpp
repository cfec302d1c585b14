// SPDX-License-Identifier: Apache-2.0
// Random programs on the SystemC model against the golden model (values) and the fast simulator
// (cycles, counters, traces): oracle tests, and the messages of wd::Error.
#include <catch2/catch.hpp>
#include <ctime>
#include <iostream>

#include "base/error.hpp"
#include "flow/lockstep.hpp"
#include "sim/fast/fast_engine.hpp"
#include "sim/golden.hpp"
#include "sim/systemc/own_process.hpp"
#include "sim/systemc/systemc_engine.hpp"
#include "testbench/programs/agreement.hpp"

namespace wd::testbench {
namespace {

using sim::FastEngine;
using sim::FrameResult;
using sim::GoldenEngine;
using sim::SystemCEngine;
using sim::systemc::in_own_process;

std::string check_against_models(const RandomChoice& choice) {
  return in_own_process([&] {
    const RandomProgram random = random_program(choice);
    GoldenEngine golden(random.program);
    FastEngine fast(random.program, random.switches);
    SystemCEngine model(random.program, random.switches);
    return disagreement({&golden, &fast, &model}, random);
  });
}

RandomChoice roomy(unsigned seed, int pes_per_group = 64, int window = 8) {
  return {.seed = seed, .arch = roomy_arch(seed, pes_per_group, window)};
}

TEST_CASE("systemc: random programs agree with golden values and fast cycles", "[sim][oracle]") {
  for (int organisation = 0; organisation < arch::organisation_count; ++organisation)
    for (unsigned seed = 0; seed < 96; ++seed) {
      INFO("organisation " << organisation << " seed " << seed);
      const int pes_per_group = seed % 4 == 0 ? 16 : seed % 4 == 1 ? 32 : 64;
      RandomChoice choice = roomy(seed, pes_per_group, 1 + static_cast<int>(seed * 5 % 8));
      choice.arch.organisation = organisation;
      CHECK(check_against_models(choice) == "");
    }
}

TEST_CASE("systemc: random programs agree on the default chip", "[sim][oracle]") {
  for (unsigned seed = 0; seed < 20; ++seed) {
    INFO("seed " << seed);
    CHECK(check_against_models({.seed = seed}) == "");
  }
}

TEST_CASE("systemc: every combination of skipping agrees, with gates that change nothing", "[sim][oracle]") {
  for (unsigned skipping = 0; skipping < 8; ++skipping)
    for (unsigned seed = 0; seed < 8; ++seed) {
      RandomChoice choice = roomy(100 + 8 * skipping + seed, seed % 2 ? 64 : 32);
      choice.switch_bits = skipping | (seed * 9 << 3 & ((1u << arch::switch_count) - 1));
      INFO("skipping " << skipping << " seed " << seed);
      CHECK(check_against_models(choice) == "");
    }
}

TEST_CASE("systemc: a lowered window and sparse or dense extremes agree", "[sim][oracle]") {
  for (int window = 1; window <= 8; ++window)
    for (double density : {0.02, 0.4, 1.0}) {
      RandomChoice choice = roomy(200 + static_cast<unsigned>(window));
      choice.switch_bits = (1u << arch::switch_count) - 1;
      choice.switch_window = window;
      choice.density = density;
      INFO("window " << window << " density " << density);
      CHECK(check_against_models(choice) == "");
    }
}

TEST_CASE("systemc: a burst and a wait take the cycles of the contract", "[sim]") {
  CHECK(in_own_process([]() -> std::string {
          // One whose load entry is a burst, the WAIT for it and HALT.
          RandomProgram random;
          for (unsigned seed = 0; random.program.frame_entry != 3; ++seed) {
            if (seed == 20) return "no seed's load entry is one burst";
            RandomChoice choice = roomy(seed);
            choice.preloaded = false;
            random = random_program(choice);
          }
          SystemCEngine model(random.program, random.switches);
          const arch::Counters counters = model.load();
          // LOAD_NORMS in cycles 0 and 1, its burst from 2 on, a WAIT one cycle more, HALT two.
          const auto count = static_cast<std::uint64_t>(random.program.instrs[0].count);
          const auto cycles =
              2 + static_cast<std::uint64_t>(random.program.arch.memory_latency) + count + 1 + 2;
          return text(counters.cycles == cycles, counters.beats_read == count);
        }) == "11");
}

TEST_CASE("systemc: a trace changes nothing", "[sim]") {
  CHECK(in_own_process([]() -> std::string {
          const RandomProgram random = random_program(roomy(7));
          SystemCEngine model(random.program, random.switches);
          flow::Recorder recorder;
          model.set_trace(&recorder);
          model.load();
          const FrameResult traced = model.frame(random.inputs[0]);
          model.set_trace(nullptr);
          const FrameResult plain = model.frame(random.inputs[0]);
          if (recorder.events.empty()) return "nothing was traced";
          if (plain.scores != traced.scores) return "other scores";
          return flow::counter_difference(plain.counters, "plain", traced.counters, "traced").value_or("");
        }) == "");
}

TEST_CASE("systemc: what the model cannot do is refused", "[sim][bad-input]") {
  const RandomProgram random = random_program(roomy(1));
  using Catch::Matchers::Contains;
  CHECK_THAT(in_own_process([&] {
               program::Program wide = random.program;
               wide.arch.chunk = 32;
               SystemCEngine model(wide, random.switches);
               return std::string();
             }),
             Contains("parameter 'chunk' is 32, this model has chunks of 16 only"));
  CHECK_THAT(in_own_process([&] {
               arch::Switches switches;
               switches.window = 9;
               SystemCEngine model(random.program, switches);
               return std::string();
             }),
             Contains("switch 'window' is 9, must be 0 (all) to 8"));
  CHECK_THAT(in_own_process([&] {
               SystemCEngine first(random.program, random.switches), second(random.program, random.switches);
               return std::string();
             }),
             Contains("SystemC elaborates once in a process"));
  CHECK_THAT(in_own_process([&] {
               SystemCEngine model(random.program, random.switches);
               model.load();
               model.frame(std::vector<std::uint8_t>(16));
               return std::string();
             }),
             Contains("the input tensor has 16 bytes"));
}

TEST_CASE("systemc: a sum beyond AccBits is reported", "[sim][bad-input]") {
  CHECK_THAT(in_own_process([] {
               RandomChoice choice = roomy(3);
               choice.density = 1.0, choice.size = 6, choice.blocks = 4;
               RandomProgram random = random_program(choice);
               random.program.arch.acc_bits = 24;
               SystemCEngine model(random.program, random.switches);
               model.load();
               model.frame(std::vector<std::uint8_t>(random.inputs[0].size(), 0x7e));
               return std::string();
             }),
             Catch::Matchers::Contains("parameter 'acc_bits'"));
}

std::string measure_speed(const RandomChoice& choice) {
  const RandomProgram random = random_program(choice);
  SystemCEngine model(random.program, random.switches);
  model.load();
  const std::clock_t begin = std::clock();
  const arch::Counters counters = model.frame(random.inputs[0]).counters;
  const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  const auto cycles = static_cast<double>(counters.cycles);
  return text(counters.cycles, " cycles, ", static_cast<double>(counters.walker_cycles) / cycles,
              " busy walkers and ", static_cast<double>(counters.bit_ops) / cycles, " operands a cycle, ",
              cycles / seconds, " cycles/s of CPU time");
}

TEST_CASE("systemc: speed of a busy array", "[.][speed]") {
  constexpr unsigned all = (1u << arch::switch_count) - 1;
  for (unsigned switch_bits : {all, all & ~7u})
    std::cout << "switches " << switch_bits << ": " << in_own_process([&] {
      RandomChoice choice{.seed = 5};  // the default chip, with more rows
      choice.arch.weight_rows = 8192, choice.arch.act_rows = 4096;
      choice.switch_bits = switch_bits, choice.density = 0.5, choice.size = 24, choice.blocks = 4;
      return measure_speed(choice);
    }) << std::endl;
}

}  // namespace
}  // namespace wd::testbench
