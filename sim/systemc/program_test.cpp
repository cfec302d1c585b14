// SPDX-License-Identifier: Apache-2.0
// Random programs on the SystemC model against the golden model (values) and the fast simulator
// (cycles, counters, traces): oracle tests, and the messages of wd::Error.
#include <catch2/catch.hpp>
#include <ctime>
#include <iostream>

#include "base/error.hpp"
#include "sim/fast/fast_engine.hpp"
#include "sim/golden.hpp"
#include "sim/systemc/own_process.hpp"
#include "sim/systemc/random_program.hpp"
#include "sim/systemc/systemc_engine.hpp"

namespace wd::sim {
namespace {

using systemc::in_own_process;
using systemc::make_random_program;
using systemc::RandomChoice;
using systemc::RandomProgram;

struct Recorder : Trace {
  std::vector<TileTrace> tiles;
  std::vector<ConvTrace> convs;
  void tile(const TileTrace& tile) override { tiles.push_back(tile); }
  void conv(const ConvTrace& conv) override { convs.push_back(conv); }
};

struct Run {
  arch::Counters load;
  std::vector<FrameResult> frames;
  Recorder trace;
};

Run run(Engine& engine, const RandomProgram& random) {
  Run result;
  engine.set_trace(&result.trace);
  result.load = engine.load();
  for (const auto& input : random.inputs) result.frames.push_back(engine.frame(input));
  engine.set_trace(nullptr);
  return result;
}

std::string differences(const arch::Counters& got, const arch::Counters& wanted) {
  std::string result;
#define ARCH_COUNTER(name, sv, unit, meaning) \
  if (got.name != wanted.name) result += text(#name " is ", got.name, ", not ", wanted.name, "; ");
#include "hw/arch/counters.def"
#undef ARCH_COUNTER
  return result;
}

template <typename T>
std::string first_difference(const char* what, const std::vector<T>& got, const std::vector<T>& wanted) {
  if (got.size() != wanted.size()) return text(what, ": ", got.size(), " values, not ", wanted.size(), "; ");
  for (std::size_t i = 0; i < got.size(); ++i)
    if (got[i] != wanted[i]) return text(what, "[", i, "] is ", +got[i], ", not ", +wanted[i], "; ");
  return "";
}

std::string tile_differences(const TileTrace& got, const TileTrace& wanted, bool timed) {
  std::string result;
  if (!(got.id == wanted.id)) result += "another tile; ";
  result += first_difference("sums", got.sums, wanted.sums);
  if (timed) {
    if (got.start_cycle != wanted.start_cycle)
      result += text("start ", got.start_cycle, ", not ", wanted.start_cycle, "; ");
    if (got.run_end_cycle != wanted.run_end_cycle)
      result += text("run end ", got.run_end_cycle, ", not ", wanted.run_end_cycle, "; ");
    if (got.details.size() != wanted.details.size()) return "other details";
    for (std::size_t d = 0; d < got.details.size(); ++d)
      result += first_difference(text(got.details[d].part, " ", got.details[d].what).c_str(),
                                 got.details[d].values, wanted.details[d].values);
  }
  if (result.empty()) return "";
  const TileId& id = got.id;
  return text("layer ", id.layer, " iteration ", id.iteration, " tile ", id.oc, ",", id.y, ",", id.x, ": ",
              result);
}

std::string conv_differences(const ConvTrace& got, const ConvTrace& wanted, bool timed) {
  std::string result = first_difference("outputs", got.outputs, wanted.outputs);
  if (got.layer != wanted.layer || got.iteration != wanted.iteration || got.height != wanted.height ||
      got.width != wanted.width || got.channels != wanted.channels)
    result += "another convolution; ";
  if (timed && got.end_cycle != wanted.end_cycle)
    result += text("end ", got.end_cycle, ", not ", wanted.end_cycle, "; ");
  return result.empty() ? "" : text("layer ", got.layer, ": ", result);
}

/// The first tile and convolution that differ, and all counters that do.
std::string compare(const Run& got, const Run& wanted, bool timed) {
  std::string result;
  if (got.trace.tiles.size() != wanted.trace.tiles.size() ||
      got.trace.convs.size() != wanted.trace.convs.size())
    result += "another number of tiles or convolutions; ";
  for (std::size_t i = 0; i < got.trace.tiles.size() && result.empty(); ++i)
    result += tile_differences(got.trace.tiles[i], wanted.trace.tiles[i], timed);
  for (std::size_t i = 0; i < got.trace.convs.size() && result.empty(); ++i)
    result += conv_differences(got.trace.convs[i], wanted.trace.convs[i], timed);
  if (timed) result += differences(got.load, wanted.load);
  for (std::size_t i = 0; i < got.frames.size(); ++i) {
    result += first_difference("scores", got.frames[i].scores, wanted.frames[i].scores);
    if (timed) result += differences(got.frames[i].counters, wanted.frames[i].counters);
  }
  return result;
}

std::string check_against_models(const RandomChoice& choice) {
  return in_own_process([&]() -> std::string {
    const RandomProgram random = make_random_program(choice);
    SystemCEngine model(random.program, random.switches);
    GoldenEngine golden(random.program);
    FastEngine fast(random.program, random.switches);
    const Run got = run(model, random);
    std::string result = compare(got, run(golden, random), false);
    if (!result.empty()) return "golden model: " + result;
    result = compare(got, run(fast, random), true);
    return result.empty() ? "" : "fast simulator: " + result;
  });
}

TEST_CASE("systemc: random programs agree with golden values and fast cycles", "[sim][oracle]") {
  for (unsigned seed = 0; seed < 40; ++seed) {
    RandomChoice choice;
    choice.seed = seed;
    choice.pes_per_group = seed % 4 == 0 ? 16 : seed % 4 == 1 ? 32 : 64;
    choice.window = 1 + static_cast<int>(seed * 5 % 8);
    INFO("seed " << seed);
    CHECK(check_against_models(choice) == "");
  }
}

TEST_CASE("systemc: every combination of switches agrees", "[sim][oracle]") {
  for (unsigned bits = 0; bits < 64; ++bits) {
    RandomChoice choice;
    choice.seed = 100 + bits;
    choice.pes_per_group = bits % 2 ? 64 : 32;
    choice.switch_bits = bits;
    INFO("switches " << bits);
    CHECK(check_against_models(choice) == "");
  }
}

TEST_CASE("systemc: a lowered window and sparse or dense extremes agree", "[sim][oracle]") {
  for (int window = 1; window <= 8; ++window)
    for (double density : {0.02, 0.4, 1.0}) {
      RandomChoice choice;
      choice.seed = 200 + static_cast<unsigned>(window);
      choice.switch_window = window;
      choice.density = density;
      INFO("window " << window << " density " << density);
      CHECK(check_against_models(choice) == "");
    }
}

TEST_CASE("systemc: a burst and a wait take the cycles of the contract", "[sim]") {
  CHECK(in_own_process([] {
          const RandomProgram random = make_random_program({.seed = 2});
          SystemCEngine model(random.program, random.switches);
          const arch::Counters counters = model.load();
          // LOAD_NORMS in cycles 0 and 1, its burst from 2 on, WAIT one cycle more, HALT two.
          const auto count = static_cast<std::uint64_t>(random.program.instrs[0].count);
          const auto cycles =
              2 + static_cast<std::uint64_t>(random.program.arch.memory_latency) + count + 1 + 2;
          return text(counters.cycles == cycles, counters.beats_read == count);
        }) == "11");
}

TEST_CASE("systemc: a trace changes nothing", "[sim]") {
  CHECK(in_own_process([]() -> std::string {
          RandomProgram random = make_random_program({.seed = 7});
          random.inputs[1] = random.inputs[0];
          SystemCEngine model(random.program, random.switches);
          const Run traced = run(model, random);
          const FrameResult plain = model.frame(random.inputs[0]);
          return differences(plain.counters, traced.frames[0].counters) +
                 first_difference("scores", plain.scores, traced.frames[0].scores);
        }) == "");
}

TEST_CASE("systemc: what the model cannot do is refused", "[sim][bad-input]") {
  const RandomProgram random = make_random_program({.seed = 1});
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
               RandomProgram random = make_random_program({.seed = 3, .density = 1.0});
               random.program.arch.acc_bits = 24;
               SystemCEngine model(random.program, random.switches);
               model.load();
               model.frame(std::vector<std::uint8_t>(random.inputs[0].size(), 0x7e));
               return std::string();
             }),
             Catch::Matchers::Contains("parameter 'acc_bits'"));
}

std::string measure_speed(const RandomChoice& choice) {
  const RandomProgram random = make_random_program(choice);
  SystemCEngine model(random.program, random.switches);
  model.load();
  const std::clock_t begin = std::clock();
  const arch::Counters counters = model.frame(random.inputs[0]).counters;
  const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  const auto cycles = static_cast<double>(counters.cycles);
  return text(counters.cycles, " cycles, ", static_cast<double>(counters.pe_cycles) / cycles,
              " busy PEs a cycle, ", cycles / seconds, " cycles/s of CPU time");
}

TEST_CASE("systemc: speed of a busy array", "[.][speed]") {
  for (unsigned switch_bits : {63, 56})
    std::cout << "switches " << switch_bits << ": " << in_own_process([&] {
      return measure_speed({.seed = 5, .switch_bits = switch_bits, .density = 0.5, .size = 24, .blocks = 4});
    }) << std::endl;
}

}  // namespace
}  // namespace wd::sim
