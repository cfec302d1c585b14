// SPDX-License-Identifier: Apache-2.0
// Signals that the engines tell against what the engines count, and against each other.
#include <catch2/catch.hpp>
#include <map>

#include "sim/rtl/rtl_engine.hpp"
#include "sim/systemc/systemc_engine.hpp"
#include "testbench/programs/random_program.hpp"

namespace wd::testbench {
namespace {

/// Keeps each signal's value in the settled half of each cycle.
class Samples : public sim::SignalSink {
 public:
  void declare(std::size_t number, const std::string& scope, const std::string& name, int width) override {
    CHECK(numbers_.emplace(scope + "." + name, number).second);
    if (now_.size() <= number) now_.resize(number + 1);
    now_[number].assign(static_cast<std::size_t>(width), 'x');
  }
  void time(std::uint64_t half_cycles) override {
    close();
    time_ = half_cycles;
    times.push_back(half_cycles);
  }
  void change(std::size_t number, std::string_view bits) override {
    REQUIRE(bits.size() == now_.at(number).size());
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
  REQUIRE(bits.find('x') == std::string::npos);
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
      {"top.chunk_ready", "wd_top.chunk_ready"},
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

TEST_CASE("signals: blocks and cycles that are not there are refused", "[rtl][bad-input]") {
  const RandomProgram random = watched_program();
  sim::RtlEngine rtl(random.program, random.switches, 0, true), plain(random.program, random.switches);
  rtl.load();
  Samples samples;
  CHECK_THROWS_WITH(
      rtl.watch(samples, {.scope = "wd_top.u_pots"}),
      Catch::StartsWith("the RTL has no block 'wd_top.u_pots'; give one of wd_top.u_act_buffer, "));
  rtl.watch(samples, {.first = 0, .last = 1000000000, .scope = "wd_top.u_dma"});
  CHECK_THROWS_WITH(rtl.frame(random.inputs[0]),
                    Catch::Contains("signals are asked for to cycle 1000000000"));
}

}  // namespace
}  // namespace wd::testbench
