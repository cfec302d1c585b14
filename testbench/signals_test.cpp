// SPDX-License-Identifier: Apache-2.0
// Signals that the engines tell against what the engines count, and against each other.
#include <catch2/catch.hpp>
#include <map>

#include "sim/fast/fast_engine.hpp"
#include "sim/rtl/activity_roles.hpp"
#include "sim/rtl/rtl_engine.hpp"
#include "sim/shared_ports.hpp"
#include "sim/systemc/activity_roles.hpp"
#include "sim/systemc/own_process.hpp"
#include "sim/systemc/systemc_engine.hpp"
#include "testbench/programs/random_program.hpp"

namespace wd::testbench {
namespace {

/// Keeps each signal's value in the settled half of each cycle.
class Samples : public sim::SignalSink {
 public:
  void declare(std::size_t number, const std::string& scope, const std::string& name, int width) override {
    numbers_.emplace(scope + "." + name, number);
    if (now_.size() <= number) now_.resize(number + 1);
    now_[number].assign(static_cast<std::size_t>(width), 'x');
  }
  void time(std::uint64_t half_cycles) override {
    close();
    time_ = half_cycles;
    times.push_back(half_cycles);
  }
  void change(std::size_t number, std::string_view bits) override {
    if (bits.size() != now_.at(number).size()) FAIL("a value of another width than declared");
    now_[number] = bits;
  }
  void close() {
    if (times.empty() || time_ % 2 == 0) return;
    for (auto& [name, values] : watched) values.push_back(now_[numbers_.at(name)]);
  }
  bool has(const std::string& name) const { return numbers_.count(name) != 0; }

  std::map<std::string, std::vector<std::string>> watched;  // set their names before
  std::vector<std::uint64_t> times;

 private:
  std::map<std::string, std::size_t> numbers_;
  std::vector<std::string> now_;
  std::uint64_t time_ = 0;
};

std::uint64_t number(const std::string& bits) {
  if (bits.find('x') != std::string::npos) FAIL("a value that was never told");
  std::uint64_t value = 0;
  for (const char bit : bits) value = 2 * value + (bit == '1');
  return value;
}
std::uint64_t sum(const std::vector<std::string>& values) {
  std::uint64_t total = 0;
  for (const std::string& value : values) total += number(value);
  return total;
}

const char* const array = "wd_top.u_organisation.g_walker_sets.u_walker_sets.u_array";

RandomProgram watched_program() {
  return random_program({.seed = 11, .arch = sim::rtl_configurations().at(1), .batch = 1});
}

TEST_CASE("signals of the RTL are what its counters count", "[rtl][cosim]") {
  const RandomProgram random = watched_program();
  sim::RtlEngine plain(random.program, random.switches), watched(random.program, random.switches, 0, true);
  CHECK_FALSE(plain.has_signals());
  CHECK(watched.has_signals());
  plain.load();
  watched.load();
  const sim::FrameResult expected = plain.frame(random.inputs[0]);
  const std::uint64_t cycles = expected.counters.cycles;

  Samples samples;
  const std::string walkers = std::string(array) + ".active_walkers_o",
                    walks = std::string(array) + ".walks_o";
  for (const std::string& name : {std::string("wd_top.running"), std::string("wd_top.run"), walkers, walks})
    samples.watched[name];
  watched.watch(samples, {.first = 0, .last = cycles - 1, .scope = {}});
  const sim::FrameResult result = watched.frame(random.inputs[0]);
  samples.close();
  CHECK(result.scores == expected.scores);
  CHECK(result.counters == expected.counters);
  CHECK(samples.times.size() == 2 * cycles);
  CHECK(samples.times.front() == 0);
  CHECK(samples.times.back() == 2 * cycles - 1);
  CHECK(sum(samples.watched.at("wd_top.running")) == cycles);
  CHECK(sum(samples.watched.at("wd_top.run")) == expected.counters.run_cycles);
  CHECK(sum(samples.watched.at(walkers)) == expected.counters.walker_cycles);
  CHECK(sum(samples.watched.at(walks)) == expected.counters.walk_ops);
  CHECK(expected.counters.walk_ops != 0);

  // A frame that nobody watches, then a part of one block.
  CHECK(watched.frame(random.inputs[1]).counters == plain.frame(random.inputs[1]).counters);
  Samples part;
  part.watched["wd_top.u_post.post_i"];
  watched.watch(part, {.first = 7, .last = 16, .scope = "wd_top.u_post", .depth = 1, .edges = false});
  watched.frame(random.inputs[0]);
  part.close();
  CHECK(part.times == std::vector<std::uint64_t>{15, 17, 19, 21, 23, 25, 27, 29, 31, 33});
  CHECK(part.watched.at("wd_top.u_post.post_i").size() == 10);
  CHECK_FALSE(part.has("wd_top.running"));
  CHECK(samples.has("wd_top.u_post.g_lane[0].u_lane.clk_i") !=
        part.has("wd_top.u_post.g_lane[0].u_lane.clk_i"));
}

/// Activity of the first input's frame. @param counters of that frame
sim::Activity rtl_activity(RandomProgram random, bool gates, arch::Counters& counters) {
  random.switches = {};
  arch::Switches& s = random.switches;
  s.gate_array = s.gate_group = s.gate_walker = s.gate_operand = s.gate_sum = s.gate_segment = gates;
  sim::FastEngine fast(random.program, random.switches);
  fast.load();
  const std::uint64_t cycles = fast.frame(random.inputs[0]).counters.cycles;
  sim::RtlEngine rtl(random.program, random.switches, 0, true);
  rtl.load();
  sim::ActivityCounter counter(sim::rtl::activity_roles);
  sim::SignalWindow window{.last = cycles - 1, .scope = {}, .edges = false};
  window.wanted = [](const std::string& scope, const std::string& name) {
    return !sim::rtl::activity_roles(scope, name).empty();
  };
  rtl.watch(counter, window);
  counters = rtl.frame(random.inputs[0]).counters;
  counter.end_frame();
  CHECK(counter.activity().cycles == counters.cycles);
  return counter.activity();
}

std::uint64_t clocks(const sim::Activity& activity, const char* block, const char* name) {
  INFO(block << "." << name);
  REQUIRE(activity.blocks.count(block) == 1);
  REQUIRE(activity.blocks.at(block).clocks.count(name) == 1);
  return activity.blocks.at(block).clocks.at(name).clocks;
}

TEST_CASE("activity: clocks that gates let through are the counters' events", "[rtl][cosim]") {
  arch::Counters counters;
  const sim::Activity on = rtl_activity(watched_program(), true, counters);
  const std::uint64_t walkers = 16;  // one set of 16 channels
  const std::uint64_t setups = on.blocks.at("organisation").ports.at("setup_i").ones;
  CHECK(setups != 0);
  // Walks clock the half of the positions that they are in, starts and clearing both.
  CHECK(clocks(on, "walkers", "positions") ==
        counters.walker_cycles + clocks(on, "walkers", "slot") + 2 * walkers * setups);
  // Operand and sum have one clock: an operand, and once a tile and PE the clearing, the operand of zero, and the flush if a carry waits.
  const std::uint64_t tiles = counters.flush_ops / 2;
  CHECK(clocks(on, "group", "sum") >= counters.bit_ops + 2 * tiles);
  CHECK(clocks(on, "group", "sum") <= counters.bit_ops + 3 * tiles);
  CHECK(clocks(on, "lanes", "slot") == walkers * on.blocks.at("array").ports.at("issue_slot_i").ones);
  CHECK(clocks(on, "array", "array") < counters.cycles);
  CHECK(clocks(on, "array", "array") >= counters.run_cycles);
  CHECK(clocks(on, "post", "post") < counters.cycles);

  const sim::Activity off = rtl_activity(watched_program(), false, counters);
  const std::uint64_t pes = 16 * 16;
  CHECK(clocks(off, "array", "array") == counters.cycles);
  CHECK(clocks(off, "group", "group") == 16 * counters.cycles);
  for (const char* name : {"pending", "slot", "pick"})
    CHECK(clocks(off, "walkers", name) == walkers * counters.cycles);
  CHECK(clocks(off, "walkers", "positions") == 2 * walkers * counters.cycles);
  for (const char* name : {"sum", "sum_low", "sum_top", "sum_high"})
    CHECK(clocks(off, "group", name) == pes * counters.cycles);
  // Gates change no value: what picks and window lanes tell stays.
  for (const char* port : {"valid_o", "onehot_o", "walked_o"})
    CHECK(off.blocks.at("walkers").ports.at(port).ones == on.blocks.at("walkers").ports.at(port).ones);
  // Every block of the chip is there.
  for (const char* block :
       {"lanes", "walkers", "group", "post_lane", "post", "fetch", "sequencer", "dispatch", "dma", "expander",
        "counters", "act_buffer", "weight_buffer", "norm_buffer", "score_buffer", "instr_memory"}) {
    INFO(block);
    REQUIRE(on.blocks.count(block) == 1);
    CHECK_FALSE(on.blocks.at(block).ports.empty());
  }
  CHECK(on.blocks.at("post_lane").ports.begin()->second.instances == 64);
  CHECK(on.blocks.at("group").ports.at("inside_i").instances == 16);
}

/// The shared ports whose activity differs between both engines' frames.
std::string activity_difference(const RandomProgram& random) {
  sim::SystemCEngine systemc(random.program, random.switches);
  sim::RtlEngine rtl(random.program, random.switches, 0, true);
  sim::ActivityCounter ours(sim::systemc::activity_roles), theirs(sim::rtl::activity_roles);
  const auto count = [&](sim::Engine& engine, sim::ActivityCounter& counter, const auto& roles) {
    sim::FastEngine fast(random.program, random.switches);
    engine.load();
    fast.load();
    for (const std::vector<std::uint8_t>& input : random.inputs) {
      sim::SignalWindow window{.last = fast.frame(input).counters.cycles - 1, .scope = {}, .edges = false};
      window.wanted = [&](const std::string& scope, const std::string& name) {
        return !roles(scope, name).empty();
      };
      engine.watch(counter, window);
      engine.frame(input);
      counter.end_frame();
    }
  };
  count(systemc, ours, sim::systemc::activity_roles);
  count(rtl, theirs, sim::rtl::activity_roles);
  if (ours.activity().cycles != theirs.activity().cycles) return "cycles";
  std::string result;
  for (const sim::SharedPort& port : sim::shared_ports()) {
    const sim::PortActivity &a = ours.activity().blocks.at(port.block).ports.at(port.systemc),
                            &b = theirs.activity().blocks.at(port.block).ports.at(port.rtl);
    if (a.toggles != b.toggles || a.ones != b.ones)
      result += text(port.block, ".", port.rtl, ": rtl ", b.toggles, " ", b.ones, " systemc ", a.toggles, " ",
                     a.ones, "\n");
  }
  return result;
}

TEST_CASE("activity of shared ports is the same in SystemC and in the RTL", "[systemc][rtl][cosim]") {
  for (std::uint64_t seed = 40; seed < 48; ++seed) {
    INFO("seed " << seed);
    CHECK(sim::systemc::in_own_process([&] {
            return activity_difference(
                random_program({.seed = seed, .arch = sim::rtl_configurations().at(1)}));
          }) == "");
  }
}

TEST_CASE("signals: blocks and cycles that are not there are refused", "[rtl][bad-input]") {
  const RandomProgram random = watched_program();
  sim::RtlEngine rtl(random.program, random.switches, 0, true), plain(random.program, random.switches);
  rtl.load();
  Samples samples;
  CHECK_THROWS_WITH(
      rtl.watch(samples, {.scope = "wd_top.u_pots"}),
      Catch::StartsWith(
          "the RTL has no block 'wd_top.u_pots'; give one of wd_top.g_decoder, wd_top.u_act_buffer, "));
  rtl.watch(samples, {.first = 0, .last = 1000000000, .scope = "wd_top.u_dma"});
  CHECK_THROWS_WITH(rtl.frame(random.inputs[0]),
                    Catch::Contains("signals are asked for to cycle 1000000000"));
}

// The last one: SystemC elaborates once in a process, and the tests above do so in processes of their own.
TEST_CASE("signals of SystemC and of the RTL are the same, cycle by cycle", "[systemc][rtl][cosim]") {
  const RandomProgram random = watched_program();
  sim::SystemCEngine systemc(random.program, random.switches);
  sim::RtlEngine rtl(random.program, random.switches, 0, true);
  systemc.load();
  const std::uint64_t cycles = systemc.frame(random.inputs[1]).counters.cycles;
  rtl.load();
  rtl.frame(random.inputs[1]);
  const std::map<std::string, std::string> same = {
      {"top.setup", "wd_top.u_organisation.setup_i"},
      {"top.weight_read", "wd_top.weight_read"},
      {"top.consumed", "wd_top.consumed"},
      {"top.norm_read", "wd_top.norm_read"},
      {"top.dma_busy", "wd_top.dma_busy"},
      {"top.organisation.flush", std::string(array) + ".flush_i"}};
  Samples ours, theirs;
  for (const auto& [a, b] : same) ours.watched[a], theirs.watched[b];
  const sim::SignalWindow window{.first = 3, .last = cycles - 1, .scope = {}};
  systemc.watch(ours, window);
  rtl.watch(theirs, window);
  systemc.frame(random.inputs[1]);
  rtl.frame(random.inputs[1]);
  ours.close();
  theirs.close();
  CHECK(ours.times == theirs.times);
  for (const auto& [a, b] : same) {
    INFO(a);
    CHECK(sum(ours.watched.at(a)) != 0);
    CHECK(ours.watched.at(a) == theirs.watched.at(b));
  }
}

}  // namespace
}  // namespace wd::testbench
