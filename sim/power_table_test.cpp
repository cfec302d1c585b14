// SPDX-License-Identifier: Apache-2.0
// Power tables: what is read comes out again, and what is wrong is named.
#include "sim/power_table.hpp"

#include <catch2/catch.hpp>
#include <functional>
#include <limits>

#include "base/error.hpp"
#include "sim/power_blocks.hpp"
#include "sim/tiny_power_table.hpp"

using namespace wd;
using namespace wd::sim;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

std::string refusal(const std::function<void(json&)>& change) {
  json table = tiny_power_table();
  change(table);
  try {
    PowerTable::from_json(table, "t.json");
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("power table: what is read comes out again", "[sim][round-trip]") {
  const PowerTable table = PowerTable::from_json(tiny_power_table(), "t.json");
  CHECK(table.blocks.size() == 3);
  CHECK(table.blocks[0].block == "group");
  CHECK(table.blocks[0].events.size() == 4);
  CHECK(table.blocks[0].leakage_nw == 400);
  const json written = table.to_json();
  CHECK(PowerTable::from_json(written, "t.json").to_json() == written);
  CHECK(written.at("blocks").at("group").at("per") == "16 PEs of a group and their activation entries");
}

TEST_CASE("power table: what is wrong is named", "[sim][bad-input]") {
  CHECK(refusal([](json&) {}) == "accepted");
  CHECK_THAT(refusal([](json& t) { t["blocks"]["grop"] = t["blocks"]["group"]; }),
             Contains("t.json: blocks: there is no block 'grop'; blocks are lanes, walkers, group"));
  CHECK_THAT(
      refusal([](json& t) { t["blocks"]["group"]["events"]["operand_low"]["fj"] = 1; }),
      Contains("t.json: blocks: group: events: block group has no event 'operand_low'; it may have idle"));
  CHECK_THAT(refusal([](json& t) { t["blocks"]["group"]["leak"] = 1; }),
             Contains("t.json: blocks: group: unknown key 'leak'; known keys are"));
  CHECK_THAT(refusal([](json& t) { t["kind"] = "power"; }), Contains("'kind' is 'power', must be"));
  CHECK_THAT(refusal([](json& t) { t["version"] = 1; }),
             Contains("'version' is 1, must be 2; make it again with `whitedwarf characterize`"));
  CHECK_THAT(refusal([](json& t) { t["blocks"]["group"]["events"]["idle"]["fj"] = -2; }),
             Contains("t.json: blocks: group: events: idle: 'fj' is -2, must be 0 to"));
  CHECK_THAT(refusal([](json& t) { t["blocks"]["group"]["leakage_nw"] = "much"; }),
             Contains("'leakage_nw' is \"much\", must be a number"));
  CHECK_THAT(refusal([](json& t) { t["blocks"]["group"]["per"] = "PE"; }),
             Contains("'per' is 'PE', must be '16 PEs of a group and their activation entries'"));
  CHECK_THAT(refusal([](json& t) { t.erase("sram"); }), Contains("t.json: key 'sram' is missing"));
  CHECK_THAT(refusal([](json& t) { t["blocks"] = json::object(); }), Contains("'blocks' is empty"));
  CHECK_THAT(refusal([](json& t) { t["arch"].erase("chunk"); }), Contains("t.json: arch"));
  CHECK_THAT(refusal([](json& t) {
               t["variants"][0]["arch"] = {{"chunks", 16}};
             }),
             Contains("t.json: variants: entry 1: arch: there is no parameter 'chunks'"));
  CHECK_THAT(refusal([](json& t) { t["library"]["voltage"] = 1.5; }),
             Contains("'voltage' is 1.5, must lie in 'scaling', 0.6 to 1.2"));
  CHECK_THAT(refusal([](json& t) { t["scaling"]["threshold_volt"] = 0.7; }),
             Contains("'threshold_volt' is 0.7, must be below 'least_volt', 0.6"));
  CHECK_THAT(refusal([](json& t) { t["megahertz"] = 0; }), Contains("'megahertz' is 0, must be more"));
  CHECK_THAT(refusal([](json& t) { t["slowest_path_ns"] = 0; }),
             Contains("'slowest_path_ns' is 0, must be more"));
  CHECK_THAT(refusal([](json& t) { t["name"] = ""; }), Contains("'name' is empty"));
  CHECK_THAT(refusal([](json& t) { t["elsewhere"]["group"] = "walkers"; }),
             Contains("t.json: elsewhere: 'group' is among 'blocks', too"));
}

TEST_CASE("power table: what is not finite is not written", "[sim][bad-input]") {
  PowerTable table = PowerTable::from_json(tiny_power_table(), "t.json");
  table.blocks[0].events[0].fj = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(table.to_json(), Contains("/blocks/group/events/idle/fj is not finite"));
}

TEST_CASE("power table: a variant replaces what it names", "[sim]") {
  const PowerTable table = PowerTable::from_json(tiny_power_table(), "t.json");
  const auto operand = [&](const arch::Arch& arch) {
    const std::vector<BlockPower> blocks = table.blocks_of(arch);
    for (const EventPower& event : blocks.at(0).events)
      if (event.event == "bit_ops") return event.fj;
    return -1.0;
  };
  arch::Arch arch;
  CHECK(operand(arch) == 1000);
  arch.planes_per_row = 3;
  CHECK(operand(arch) == 1500);
  CHECK(table.blocks_of(arch).at(0).leakage_nw == 400);
}

TEST_CASE("power table: each block may have every counter, its own events and idle", "[sim]") {
  for (const PowerBlockKind& block : power_blocks()) {
    const std::vector<std::string> events = power_events(block.name);
    CHECK(events.front() == "idle");
    CHECK(events.size() >= arch::counter_count + 1);
    for (const std::string& event : events) CHECK_FALSE(event_meaning(block.name, event).empty());
  }
}
