// SPDX-License-Identifier: Apache-2.0
#include "flow/blocks.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <regex>
#include <set>

#include "base/error.hpp"
#include "base/files.hpp"
#include "compiler/compile.hpp"
#include "flow/block_programs.hpp"
#include "flow/characterize.hpp"
#include "flow/port_reader.hpp"
#include "hw/formats/model/random_network.hpp"
#include "sim/fast/fast_engine.hpp"
#include "sim/power_blocks.hpp"

namespace {

using namespace wd;
using namespace wd::flow;

/// Windows of a made-up run: the first half of them has nothing to do.
RtlActivity activity_of(std::size_t windows) {
  RtlActivity activity;
  activity.events = {"post_ops", "norm_reads", "array_cycles"};
  std::mt19937_64 random(1);
  for (std::size_t w = 0; w < windows; ++w) {
    const double steps = w < windows / 2 ? 0 : static_cast<double>(random() % 20);
    activity.counts.push_back(
        {steps * static_cast<double>(random() % 65), steps, static_cast<double>(random() % 65)});
  }
  return activity;
}

BlockKind lanes() {
  return {"post_lane", {{"one", "a"}, {"other", "b", 3}}, {{"post_ops"}, {"norm_reads", true}}, 64};
}

double fj_of(const sim::BlockPower& block, const std::string& event) {
  for (const sim::EventPower& one : block.events)
    if (one.event == event) return one.fj;
  return -1;
}

}  // namespace

TEST_CASE("blocks: a fit finds what the windows were made of", "[flow][oracle]") {
  const RtlActivity activity = activity_of(200);
  const BlockKind kind = lanes();
  std::vector<std::size_t> windows;
  for (std::size_t w = 50; w < 150; ++w) windows.push_back(w);
  // Of one lane: 100 fJ an output of its own, 7 a step, 0.5 a cycle; the second part has a tenth of that, and is there three times.
  std::vector<PartEnergy> parts(2);
  for (const std::size_t w : windows) {
    const double fj =
        100 * activity.count(w, "post_ops") / 64 + 7 * activity.count(w, "norm_reads") + 0.5 * window_cycles;
    parts[0].windows.push_back({fj * 0.7 / 1.3, fj * 0.3 / 1.3, 10, fj * 0.26 / 1.3, fj * 0.13 / 1.3});
    parts[1].windows.push_back({fj * 0.1 / 1.3, 0, 5, 0, 0});
  }
  for (PartEnergy& part : parts) {
    part.cycles = windows.size() * window_cycles;
    part.period_ns = 2;
    part.instances = 10;
  }
  parts[0].area_um2 = 1000;
  parts[1].area_um2 = 100;
  parts[0].worst_path_ns = 3;
  parts[1].worst_path_ns = 4;
  const BlockResult result = fit_block(kind, activity, windows, parts);
  CHECK(fj_of(result.power, "post_ops") == Approx(100));
  CHECK(fj_of(result.power, "norm_reads") == Approx(64 * 7));  // one event of the chip, for all lanes
  CHECK(fj_of(result.power, "idle") == Approx(0.5));
  CHECK(*result.power.residual < 1e-6);
  CHECK(std::abs(*result.power.held_out_error) < 1e-6);
  CHECK(*result.power.glitch_share == Approx(0.2));
  CHECK(*result.power.wire_share == Approx(0.1));
  CHECK(result.power.area_um2 == 1300);
  CHECK(*result.power.cells == 40);
  CHECK(*result.power.worst_path_ns == 4);
  // 10 and 3 x 5 fJ in 64 cycles of 2 ns; 1 fJ in 1 ns is 1 uW.
  CHECK(result.power.leakage_nw == Approx(25.0 / (64 * 2) * 1000));

  const PartEnergy kept = PartEnergy::from_json(parts[0].to_json());
  CHECK(kept.windows.at(3).wire_fj == Approx(parts[0].windows.at(3).wire_fj));
  nlohmann::json older = parts[0].to_json();  // without wires
  for (auto& window : older.at("windows_fj")) window.erase(4);
  parts[0] = PartEnergy::from_json(older);
  CHECK(parts[0].windows.at(3).glitch_fj == kept.windows.at(3).glitch_fj);
  CHECK_FALSE(fit_block(kind, activity, windows, parts).power.wire_share);
}

TEST_CASE("blocks: windows are drawn where something happens, and everywhere", "[flow]") {
  const RtlActivity activity = activity_of(200);
  const std::vector<std::size_t> windows = choose_windows(activity, lanes(), 40 * window_cycles, 3);
  CHECK(windows == choose_windows(activity, lanes(), 40 * window_cycles, 3));
  CHECK(windows != choose_windows(activity, lanes(), 40 * window_cycles, 4));
  CHECK(std::set<std::size_t>(windows.begin(), windows.end()).size() == 40);
  CHECK(std::is_sorted(windows.begin(), windows.end()));
  CHECK(windows.front() > 0);  // the reset is in none
  CHECK(windows.back() < 200);
  const auto busy = std::count_if(windows.begin(), windows.end(), [](std::size_t w) { return w >= 100; });
  CHECK(busy >= 20);
  CHECK(busy < 40);
  CHECK(choose_windows(activity_of(5), lanes(), 100000, 1).size() == 4);
}

TEST_CASE("blocks: tables have a place for all that is measured", "[flow]") {
  for (const BlockKind& kind : block_kinds({})) {
    INFO(kind.name);
    CHECK(sim::block_instances(kind.name, {}) == kind.instances);
    for (const BlockEvent& event : kind.events) sim::require_power_event(kind.name, event.counter, kind.name);
  }
  CHECK_THROWS_AS(block_kind("group", {}), Error);
}

TEST_CASE("blocks: what is left of the chip's top module is the counters' alone", "[flow][oracle]") {
  const Bytes file = read_file(CharacterizeOptions().source / "hw/rtl/wd_top.sv");
  const std::string rtl(file.begin(), file.end());
  const BlockKind counters = block_kind("counters", {});
  std::set<std::string> cut(counters.parts.at(0).cut.begin(), counters.parts.at(0).cut.end());
  const std::regex instance("\\n *(wd_\\w+) (?:#\\(|u_)");
  std::set<std::string> others;
  for (std::sregex_iterator at(rtl.begin(), rtl.end(), instance), end; at != end; ++at)
    others.insert((*at)[1]);
  CHECK(others.erase("wd_counters") == 1);
  CHECK(others.erase("wd_icg") == 1);
  CHECK(others.size() > 10);
  CHECK(cut == others);
}

TEST_CASE("blocks: random programs store tensors, and compute what they did", "[flow][oracle]") {
  const model::Network network = model::hidden_fold_network({}, 1);
  const program::Program before = compiler::compile(network, {});
  program::Program stores = before;
  store_inputs(stores);
  CHECK_NOTHROW(program::check(stores, "stores"));
  std::vector<std::uint8_t> input(std::size_t{before.input_beats} * program::beat_bytes);
  std::mt19937_64 random(1);
  for (std::uint8_t& code : input) code = static_cast<std::uint8_t>(random() % 100);
  const auto run = [&](const program::Program& program) {
    sim::FastEngine engine(program, {});
    engine.load();
    return engine.frame(input);
  };
  const sim::FrameResult plain = run(before), stored = run(stores);
  CHECK(stored.scores == plain.scores);
  // Inputs of the CONVs outside of the network's loops: the stem's, two of each stage's first and one of its second, the classifier's.
  const auto beats = [](int side, int channels) {
    return static_cast<std::uint64_t>(side * side * channels / 16);
  };
  const std::uint64_t tensors =
      beats(7, 16) + 2 * beats(7, 64) + beats(7, 64) + 2 * beats(7, 64) + beats(4, 128) + beats(4, 128);
  CHECK(stored.counters.beats_written == plain.counters.beats_written + tensors);
  CHECK(stored.counters.bit_ops == plain.counters.bit_ops);
}

TEST_CASE("blocks: windows have what the counters have, held beats once", "[flow][oracle]") {
  RtlProgram what{compiler::compile(model::hidden_fold_network({}, 1), {}), {}, {}, {}};
  store_inputs(what.program);
  what.input.assign(std::size_t{what.program.input_beats} * program::beat_bytes, 17);
  const RtlActivity activity = rtl_activity(what);
  sim::FastEngine engine(what.program, {});
  arch::Counters all = engine.load();
  all += engine.frame(what.input).counters;
  arch::for_each_counter(all, [&](const char* name, std::uint64_t whole) {
    double sum = 0;
    for (std::size_t w = 0; w < activity.counts.size(); ++w) sum += activity.count(w, name);
    INFO(name << ": " << sum << " of " << whole);
    CHECK(sum <= static_cast<double>(whole));
    CHECK(sum >= 0.95 * static_cast<double>(whole) - 64);  // the last cycles are no whole window
  });
}

TEST_CASE("port reader: a cycle's values are those before the edge, gated clocks rise or do not",
          "[flow][oracle]") {
  struct Cycle {
    unsigned word;
    bool changed, gated;
  };
  std::vector<Cycle> cycles;
  int word = -1, gated = -1;
  PortReader reader(
      "top.clk_i",
      [&](PortReader& names) {
        word = names.watch("top.u_a.word_q");
        gated = names.watch("top.gated");
        CHECK(names.watch("top.u_a.word_q") == word);
        CHECK(names.watch("top.none") == -1);
      },
      [&](const PortReader& now) {
        unsigned value = 0;
        for (std::size_t bit = 0; bit < now.bits(word).size(); ++bit)
          value |= unsigned{now.bits(word)[bit]} << bit;
        cycles.push_back({value, now.changed(word), now.rises(gated)});
      });
  reader.declare(3, "top", "clk_i", 1);
  reader.declare(0, "top", "gated", 1);
  reader.declare(7, "top.u_a", "word_q", 5);
  reader.declare(8, "top.u_a", "unwatched", 5);
  const auto at = [&](std::uint64_t time, std::vector<std::pair<std::size_t, const char*>> changes) {
    reader.time(time);
    for (const auto& [number, bits] : changes) reader.change(number, bits);
  };
  at(1, {{3, "0"}, {0, "0"}, {7, "00001"}, {8, "11111"}});
  at(2, {{3, "1"}, {7, "10010"}});  // cycle 0 ends: 1 was there; the gated clock does not rise
  at(3, {{3, "0"}});
  at(4, {{3, "1"}, {0, "1"}, {7, "10011"}});  // cycle 1: 18
  at(5, {{3, "0"}, {0, "0"}});
  at(6, {{3, "1"}, {0, "1"}});  // cycle 2: 19
  at(7, {{3, "0"}, {0, "0"}});
  at(8, {{3, "1"}});  // cycle 3: 19 as before
  reader.time(9);
  REQUIRE(cycles.size() == 4);
  CHECK(cycles[0].word == 1);
  CHECK_FALSE(cycles[0].gated);
  CHECK(cycles[1].word == 18);
  CHECK(cycles[1].changed);
  CHECK(cycles[1].gated);
  CHECK(cycles[2].word == 19);
  CHECK(cycles[2].gated);
  CHECK(cycles[3].word == 19);
  CHECK_FALSE(cycles[3].changed);
  CHECK_FALSE(cycles[3].gated);
}
