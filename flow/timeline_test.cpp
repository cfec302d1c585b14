// SPDX-License-Identifier: Apache-2.0
// Timelines against the counters of another engine, and against the chip's rules: nothing overlaps within a unit.
#include "flow/timeline.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "compiler/compile.hpp"
#include "hw/formats/model/random_network.hpp"
#include "hw/formats/program/input_tensor.hpp"
#include "sim/fast/fast_engine.hpp"

using namespace wd;
using nlohmann::json;

namespace {

struct Case {
  program::Program program;
  std::vector<std::uint8_t> input;
};

Case make(const model::Network& network, const compiler::Options& options) {
  Case made{compiler::compile(network, options), {}};
  made.input = program::InputTensor(made.program).encode(model::random_image(network, 1));
  return made;
}

/// Busy cycles by track's name, read from the file's JSON. Fails where slices of a track overlap or leave the frame.
std::map<std::string, std::uint64_t> busy_cycles(const json& trace, std::uint64_t frame) {
  std::map<int, std::string> names;
  std::map<int, std::vector<std::pair<std::uint64_t, std::uint64_t>>> spans;
  for (const json& event : trace.at("traceEvents")) {
    if (event.at("ph") == "M" && event.at("name") == "thread_name")
      names[event.at("tid")] = event.at("args").at("name");
    if (event.at("ph") == "X") spans[event.at("tid")].emplace_back(event.at("ts"), event.at("dur"));
  }
  std::map<std::string, std::uint64_t> busy;
  for (auto& [thread, list] : spans) {
    INFO(names.at(thread));
    std::sort(list.begin(), list.end());
    std::uint64_t free_at = 0;
    for (const auto& [start, cycles] : list) {
      CHECK(start >= free_at);
      CHECK(cycles > 0);
      free_at = start + cycles;
      busy[names.at(thread)] += cycles;
    }
    CHECK(free_at <= frame);
  }
  return busy;
}

/// @return the frame's counters
arch::Counters check(const Case& of) {
  const json trace = flow::timeline_of(of.program, {}, of.input).to_json();
  sim::FastEngine engine(of.program, {});
  engine.load();
  const std::vector<arch::Counters> before = engine.layer_counters();
  const arch::Counters counters = engine.frame(of.input).counters;
  auto busy = busy_cycles(trace, counters.cycles);
  CHECK(busy["sequencer"] == counters.cycles);
  CHECK(busy["array"] == counters.run_cycles);
  CHECK(busy["weight decoder"] == counters.decoder_cycles);
  // A tile is set up in a cycle, runs, and is drained: together they are the layers' cycles.
  std::uint64_t layers = 0, tiles = 0, setups = 0, beats = 0, bursts = 0;
  for (std::size_t i = 0; i < before.size(); ++i)
    layers += engine.layer_counters()[i].cycles - before[i].cycles;
  sim::execute(
      of.program, of.program.frame_entry,
      [&](const arch::Instr& instr, int) {
        if (arch::has_tiles(instr.operation()))
          tiles += static_cast<std::uint64_t>(instr.tiles) * instr.tiles_oc;
        bursts += arch::is_burst(instr.operation());
      },
      [](const arch::Instr&) {});
  setups = layers - busy["array"] - busy["post unit"];
  CHECK(setups == tiles);
  // Beats take a cycle each but for those of coded bursts and of stores that wait for banks.
  std::uint64_t plain_beats = 0, plain_cycles = 0;
  for (const json& event : trace.at("traceEvents")) {
    if (event.at("ph") != "X" || event.at("tid") != 1 + static_cast<int>(flow::Track::port)) continue;
    beats += event.at("args").at("beats").get<std::uint64_t>();
    if (event.at("name") != "STORE_TENSOR" && counters.decoder_cycles == 0) {
      plain_beats += event.at("args").at("beats").get<std::uint64_t>();
      plain_cycles += event.at("dur").get<std::uint64_t>();
    }
  }
  CHECK(beats == counters.beats_read + counters.beats_written);
  CHECK(plain_beats == plain_cycles);
  CHECK(busy["memory port: waits for the first beat"] ==
        bursts * (1 + static_cast<std::uint64_t>(of.program.arch.memory_latency)));  // with the request
  return counters;
}

}  // namespace

TEST_CASE("timeline: busy cycles are the counters', slices of a unit do not overlap", "[flow][oracle]") {
  compiler::Options options;
  check(make(model::small_network(3), options));
  check(make(model::residual_network(5), options));
  options.arch.weight_rows = 256;  // weights are streamed
  const model::Network large = model::hidden_fold_network({}, 1);
  CHECK(check(make(large, options)).decoder_cycles > 0);
  options.huffman = false;
  const arch::Counters plain = check(make(large, options));
  CHECK(plain.beats_read > 10000);
  CHECK(plain.decoder_cycles == 0);
}

TEST_CASE("timeline: slices have the layers' names", "[flow]") {
  const Case of = make(model::small_network(3), {});
  std::map<std::string, int> named;
  for (const flow::TimelineSlice& slice : flow::timeline_of(of.program, {}, of.input).slices)
    if (slice.track == flow::Track::array) ++named[slice.name];
  for (const program::Layer& layer : of.program.layers) CHECK(named[layer.name] > 0);
}
