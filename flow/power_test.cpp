// SPDX-License-Identifier: Apache-2.0
// Energies of a run: layers add up to the whole, assumptions scale what they are, gates off never save.
#include "flow/power.hpp"

#include <catch2/catch.hpp>
#include <sstream>

#include "base/error.hpp"
#include "sim/tiny_power_table.hpp"

using namespace wd;
using namespace wd::flow;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

json counters(double scale) {
  json out;
  double n = 1;
#define ARCH_COUNTER(name, sv, unit, meaning) out[#name] = scale * n++;
#include "hw/arch/counters.def"
#undef ARCH_COUNTER
  out["cycles"] = 1000 * scale;
  out["run_cycles"] = 800 * scale;
  out["group_cycles"] = 9000 * scale;
  out["walker_cycles"] = 30000 * scale;
  out["walk_ops"] = 20000 * scale;
  out["bit_ops"] = 90000 * scale;
  return out;
}

json layer(const std::string& name, double scale, double macs, double zeros) {
  json ranges = json::object();
  const json means = counters(scale);
  for (const auto& item : means.items()) ranges[item.key()] = {{"mean", item.value()}};
  return {{"name", name},           {"ranges", ranges},
          {"dense_macs", macs},     {"activation_sparsity", zeros},
          {"weight_sparsity", 0.7}, {"weight_bit_sparsity", 0.8}};
}

json run_json() {
  return {{"switches", arch::Switches{}.bits()},
          {"counters", counters(10)},
          {"dense_macs", 4e6},
          {"layers", {layer("first", 2, 1e6, 0.2), layer("second, \"b\"", 5, 3e6, 0.6)}}};
}

PowerResult tiny_result(bool gates = false) {
  const sim::PowerTable table = sim::PowerTable::from_json(sim::tiny_power_table(), "tiny");
  return power_of(counted_run(run_json(), {}, "run.json"), table, sim::operating_point(table), gates);
}

}  // namespace

TEST_CASE("power: layers and what is between them add up to the whole", "[flow]") {
  const PowerResult result = tiny_result();
  REQUIRE(result.layers.size() == 3);
  CHECK(result.layers.back().name == "between layers");
  CHECK(result.layers.back().cycles == Approx(3000));
  for (std::size_t b = 0; b < result.energy.blocks.size(); ++b) {
    double sum = 0;
    for (const LayerPower& one : result.layers) sum += one.energy.blocks[b].picojoule();
    CHECK(sum == Approx(result.energy.blocks[b].picojoule()));
  }
  CHECK(result.layers[1].zeros->activation_sparsity == 0.6);
  const json told = result.to_json().at("layers");
  CHECK(told[0].at("activation_sparsity") == 0.2);
  CHECK(told[1].at("weight_sparsity") == 0.7);
  CHECK(told[1].at("weight_bit_sparsity") == 0.8);
  CHECK(told[2].at("weight_sparsity").is_null());
  double offchip = 0;
  for (const LayerPower& one : result.layers) offchip += one.energy.offchip_pj;
  CHECK(offchip == Approx(result.energy.offchip_pj));
}

TEST_CASE("power: efficiency and sparsity of a run", "[flow][oracle]") {
  const PowerResult result = tiny_result();
  const double chip = result.energy.chip_pj();
  CHECK(result.efficiency.executed == Approx(2 * 900000 / chip));
  CHECK(result.efficiency.dense == Approx(2 * 4e6 / chip));
  CHECK(result.run.sparsity(&CountedRun::Layer::activation_sparsity) == Approx(0.25 * 0.2 + 0.75 * 0.6));
  // 10,000 cycles at 100 MHz are 0.1 ms.
  CHECK(result.seconds() == Approx(1e-4));
  CHECK(result.watts(chip) == Approx(chip * 1e-12 / 1e-4));
}

TEST_CASE("power: a sensitivity is the energy with a part scaled", "[flow][oracle]") {
  const PowerResult result = tiny_result();
  json doubled = sim::tiny_power_table();
  for (const char* form : {"read", "write"})
    doubled["sram"][form]["fj"] = 2 * doubled["sram"][form]["fj"].get<double>();
  doubled["sram"]["leakage_nw_per_kb"] = 200;
  const sim::PowerTable sram = sim::PowerTable::from_json(doubled, "tiny");
  const CountedRun run = counted_run(run_json(), {}, "run.json");
  const double with_sram =
      sim::estimate_power(sram, run.counters, {}, {}, sim::operating_point(sram)).chip_pj();
  bool found = false;
  for (const sim::PowerSensitivity& one : result.sensitivity) {
    if (one.what == "SRAM" && one.factor == 2) {
      CHECK(one.chip_pj == Approx(with_sram));
      found = true;
    }
    // Wires are a fifth of the dynamic energy of group and sequencer.
    const double wires = 0.2 * (result.energy.blocks[0].dynamic_pj + result.energy.blocks[1].dynamic_pj);
    if (one.what == "wires") CHECK(one.chip_pj == Approx(result.energy.chip_pj() + (one.factor - 1) * wires));
    CHECK(result.efficiency_at(one.chip_pj).dense == Approx(2 * 4e6 / one.chip_pj));
  }
  CHECK(found);
  CHECK(result.sensitivity.size() == 6);
}

TEST_CASE("power: gates off never save", "[flow]") {
  const sim::PowerTable table = sim::find_power_table("45nm-reference", "--table");
  const PowerResult result =
      power_of(counted_run(run_json(), {}, "run.json"), table, sim::operating_point(table), true);
  REQUIRE(result.gates.size() == 9);
  CHECK(result.gates[0].chip_pj == result.energy.chip_pj());
  CHECK(result.gates[1].chip_pj == result.energy.chip_pj());
  for (const GateVariant& one : result.gates) {
    INFO(one.name);
    CHECK(one.chip_pj >= result.gates[1].chip_pj);
    CHECK(one.chip_pj <= result.gates.back().chip_pj);
  }
  CHECK(result.gates.back().chip_pj > result.gates[1].chip_pj);
}

TEST_CASE("power: the CSV has every block of every layer", "[flow]") {
  const PowerResult result = tiny_result();
  std::istringstream csv(result.to_csv());
  std::string text;
  std::getline(csv, text);
  CHECK(text == "layer,block,dynamic_pj,leakage_pj,ungated_pj,wires_pj,total_pj");
  std::size_t rows = 0;
  double chip = 0;
  for (; std::getline(csv, text); ++rows)
    if (text.rfind("all,", 0) == 0 && text.find("off-chip") == std::string::npos)
      chip += std::stod(text.substr(text.rfind(',') + 1));
  CHECK(rows == 4 * (result.energy.blocks.size() + 1));
  CHECK(chip == Approx(result.energy.chip_pj()));
  CHECK_THAT(result.to_csv(), Contains("\n\"second, \"\"b\"\"\",group,"));
}

TEST_CASE("power: runs without what is needed", "[flow][bad-input]") {
  const auto refused = [](const std::function<void(json&)>& change) {
    json run = run_json();
    change(run);
    try {
      counted_run(run, {}, "run.json");
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK(refused([](json&) {}) == "accepted");
  CHECK_THAT(
      refused([](json& r) { r.erase("layers"); }),
      Contains("run.json: key 'layers' is missing; run `whitedwarf run` again, with fast among --engines"));
  CHECK_THAT(refused([](json& r) { r["layers"][1]["ranges"].erase("bit_ops"); }),
             Contains("run.json: layers[1].ranges: key 'bit_ops' is missing"));
  CHECK_THAT(refused([](json& r) { r["counters"]["cycles"] = -1; }),
             Contains("run.json: counters: 'cycles' is -1, must be a number from 0"));
  CHECK_THAT(refused([](json& r) { r["switches"] = 1e20; }),
             Contains("run.json: 'switches' is 1e+20, must be at most"));
  CHECK_THAT(refused([](json& r) { r["counters"]["cycles"] = 0; }), Contains("counters: 'cycles' is 0"));
}
