// SPDX-License-Identifier: Apache-2.0
// What is assumed where no netlist tells, against figures of its sources.
#include "sim/power_assumptions.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "base/error.hpp"
#include "sim/power_model.hpp"
#include "sim/power_sram.hpp"
#include "sim/tiny_power_table.hpp"

using namespace wd;
using namespace wd::sim;
using Catch::Matchers::Contains;

namespace {

PowerTable of_library(const std::string& name, double volt, int node) {
  nlohmann::json json = tiny_power_table();
  json["library"]["name"] = name;
  json["library"]["voltage"] = volt;
  json["scaling"]["most_volt"] = 2;
  json["blocks"]["group"]["area_um2"] = 10000;
  PowerTable table = PowerTable::from_json(json, "tiny");
  assume_rest(table, node);
  return PowerTable::from_json(table.to_json(), "tiny");
}

}  // namespace

TEST_CASE("power: scaling between nodes has the example of its source's corrigendum", "[sim][oracle]") {
  // 65 nm at 1.3 V: 3.755 * 1.3^2 - 4.398 * 1.3 + 1.975 = 2.604
  CHECK(node_energy(65, 1.3) * node_energy(45, 0.7) ==
        Approx(2.604 / (1.103 * 0.49 - 0.362 * 0.7 + 0.2767)).epsilon(1e-3));
  CHECK(node_energy(45, 0.7) == 1);
  CHECK_THROWS_WITH(node_energy(32, 1),
                    Contains("memories of 32 nm cannot be scaled; nodes are 180, 130, 90, 65, 45"));
  CHECK_THROWS_WITH(node_energy(130, 9),
                    Contains("130 nm cannot be scaled to 9 V: devices of that process have at most 2 V"));
  CHECK(node_energy(130, 1.95) > node_energy(130, 1.2));  // sky130's fast corner
  CHECK_THROWS_WITH(node_energy(180, 0.7), Contains("180 nm cannot be scaled to 0.7 V"));
}

TEST_CASE("power: IHP's macros come out of their form", "[sim][oracle]") {
  const SramForm form = of_library("sg13g2_stdcell", 1.2, 130).sram;
  // Rows, bits, pJ of a read and of a write, as the liberty files have them.
  const double macros[][4] = {{512, 64, 68.90, 80.02},
                              {1024, 64, 91.83, 110.92},
                              {2048, 64, 122.39, 155.37},
                              {512, 16, 19.57, 23.47}};
  for (const auto& [rows, bits, read, write] : macros) {
    const double kb = rows * bits / 8192;
    CHECK(access_fj(form, form.read, kb, static_cast<int>(bits)) == Approx(1000 * read).epsilon(0.03));
    CHECK(access_fj(form, form.write, kb, static_cast<int>(bits)) == Approx(1000 * write).epsilon(0.03));
  }
}

TEST_CASE("power: IHP's two corners come out of the law", "[sim][oracle]") {
  const PowerTable table = of_library("sg13g2_stdcell", 1.2, 130);
  // sg13g2_inv_1, slew 0.0966 ns and load 64.8 fF: rise and fall; leakage in pW.
  const double at_1_2 = 0.2431 + 0.213374, at_1_5 = 0.176038 + 0.151334;
  CHECK(speed_scale(table, 1.5) == Approx(at_1_2 / at_1_5).epsilon(0.01));
  CHECK(leakage_scale(table, 1.5) == Approx(167.818 / 62.9723).epsilon(0.02));
}

TEST_CASE("power: other libraries get scaled memories and a tree by area", "[sim]") {
  const PowerTable table = of_library("osu018_stdcells", 1.8, 180);
  CHECK(table.sram.read.fj == Approx(930 * node_energy(180, 1.8)));
  const BlockPower& tree = table.blocks.back();
  CHECK(tree.block == "clock_tree");
  // A group is four units of 16 PEs: 40,000 um2, with 258 gates.
  for (const EventPower& event : tree.events)
    if (event.event == "group_cycles") CHECK(event.fj == Approx(0.3 * std::sqrt(258 * 40000.0) * 1.8 * 1.8));
  CHECK(tree.events.size() == 3);
  CHECK(node_of_library("sg13g2_stdcell_typ_1p20V_25C") == 130);
  CHECK(node_of_library("osu018_stdcells") == 180);
  CHECK(node_of_library("NangateOpenCellLibrary") == 45);
  CHECK(node_of_library("mine") == 0);
}
