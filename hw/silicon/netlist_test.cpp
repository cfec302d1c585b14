// SPDX-License-Identifier: Apache-2.0
#include "hw/silicon/netlist.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "hw/silicon/cell_models.hpp"
#include "hw/silicon/sdf.hpp"
#include "hw/silicon/tiny_library.hpp"

namespace {

using namespace wd::silicon;

const Library library = parse_library(tiny_library, "tiny.lib");
Netlist tiny() { return flatten(nlohmann::json::parse(tiny_netlist), "tiny", library, "tiny.json"); }

int instance_of(const Netlist& netlist, const std::string& cell) {
  for (std::size_t i = 0; i < netlist.instances.size(); ++i)
    if (netlist.instances[i].cell->name == cell) return static_cast<int>(i);
  return -1;
}
int net_of(const Netlist& netlist, const std::string& cell, const std::string& pin) {
  const Instance& one = netlist.instances.at(static_cast<std::size_t>(instance_of(netlist, cell)));
  return one.nets.at(static_cast<std::size_t>(one.cell->pin(pin)));
}

}  // namespace

TEST_CASE("netlist: instances know their module, nets go through ports", "[silicon][oracle]") {
  const Netlist netlist = tiny();
  REQUIRE(netlist.instances.size() == 4);
  CHECK(netlist.area() == 1 + 2 + 4 + 3);
  REQUIRE(netlist.scopes.size() == 2);
  CHECK(netlist.scopes[1].path == "u_below");
  CHECK(netlist.scopes[1].module == "below");
  CHECK(netlist.instances[static_cast<std::size_t>(instance_of(netlist, "INV"))].scope == 1);
  CHECK(net_of(netlist, "DFF", "Q") == net_of(netlist, "NAND", "A"));
  CHECK(net_of(netlist, "NAND", "B") == netlist.port("e_i").nets[0]);
  CHECK(net_of(netlist, "GATE", "E") == 1);
  // y_o[1] is the flop's output, which the module below passes through.
  CHECK(netlist.port("y_o").nets ==
        std::vector<int>{net_of(netlist, "INV", "Y"), net_of(netlist, "DFF", "Q")});
}

TEST_CASE("netlist: loads are pins and wires, the clock goes through the gate", "[silicon][oracle]") {
  const Netlist netlist = tiny();
  const std::vector<double> loads = netlist.loads({0.5, 0.25});
  // Output pin (no capacitance) and the inverter's 3 fF; two pins.
  CHECK(loads[static_cast<std::size_t>(net_of(netlist, "NAND", "Y"))] == Approx(3 + 0.5 + 2 * 0.25));
  CHECK(loads[static_cast<std::size_t>(netlist.port("e_i").nets[0])] == Approx(2 + 0.5 + 0.25));
  const std::vector<bool> clock = netlist.clock_nets("clk_i");
  CHECK(std::count(clock.begin(), clock.end(), true) == 2);
  CHECK(clock[static_cast<std::size_t>(net_of(netlist, "DFF", "C"))]);
  CHECK(clock[static_cast<std::size_t>(netlist.port("clk_i").nets[0])]);
}

TEST_CASE("netlist: what does not fit the library is refused", "[silicon][bad-input]") {
  const auto refused = [](const std::string& before, const std::string& after, const std::string& message) {
    std::string text = tiny_netlist;
    text.replace(text.find(before), before.size(), after);
    CHECK_THROWS_WITH(flatten(nlohmann::json::parse(text), "tiny", library, "tiny.json"),
                      Catch::Contains(message));
  };
  refused("\"NAND\"", "\"NAND9\"", "'nand' is of 'NAND9', which is no module of it and no cell of tiny.lib");
  refused("\"CK\": [2]", "\"CP\": [2]", "cell GATE has no pin 'CP'");
  refused("\"Y\": [5]", "\"Y\": [4]", "drives a net that is driven already");
  refused("\"tiny\"", "\"other\"", "tiny.json: has no module 'tiny'");
  refused("\"modules\"", "\"module\"", "has no modules");
  refused("\"cells\": {\"gate\"", "\"cellz\": {\"gate\"", "is no netlist of Yosys");
}

TEST_CASE("netlist: as flat Verilog, with models of its cells", "[silicon][message]") {
  const Netlist netlist = tiny();
  const std::string flat = flat_verilog(netlist);
  CHECK_THAT(flat, Catch::StartsWith("module tiny (clk_i, d_i, e_i, y_o);\n"));
  CHECK_THAT(flat, Catch::Contains("  output [1:0] y_o;\n"));
  CHECK_THAT(flat, Catch::Contains(".E(1'b1)"));
  const std::string models = cell_models(library, netlist);
  CHECK_THAT(models, Catch::Contains("assign Y = (~(A & B));"));
  CHECK_THAT(models,
             Catch::Contains("always @(posedge wd_clock) IQ <= wd_clear ? 1'b0 : wd_preset ? 1'b1 : D;"));
  CHECK_THAT(models, Catch::Contains("(C => Q) = (0, 0);"));
  CHECK_THAT(models, Catch::Contains("assign GCK = CK & wd_held;"));
}

TEST_CASE("delays: conditions and the clock network are left out, a netlist without delays is refused",
          "[silicon][oracle]") {
  const Netlist netlist = tiny();
  const auto cell = [&](const char* name, const std::string& paths) {
    return wd::text(" (CELL\n  (CELLTYPE \"", name, "\")\n  (INSTANCE i", instance_of(netlist, name),
                    ")\n  (DELAY\n   (ABSOLUTE\n", paths, "   )\n  )\n )\n");
  };
  const std::string nand = cell("NAND",
                                "    (COND A == 1'b1\n     (IOPATH B Y (0.5::0.6) (0.7::0.8)))\n    (IOPATH "
                                "B Y (0.1::0.2) (0.3::0.4))\n    (IOPATH A Y (0.9::1.0))\n");
  const std::string rest = cell("INV", "    (IOPATH A Y (0.1) (0.2))\n") +
                           cell("DFF", "    (IOPATH C Q (0.1) (0.2))\n") +
                           cell("GATE", "    (IOPATH CK GCK (0.1) (0.2))\n");
  const std::vector<bool> clock = netlist.clock_nets("clk_i");
  const std::string head = "(DELAYFILE\n (SDFVERSION \"3.0\")\n";
  const Delays delays = simulator_delays(head + nand + rest + ")\n", netlist, clock, "x.sdf");
  CHECK(delays.instances == 4);
  CHECK(delays.without_delay == 0);
  REQUIRE(delays.blocks.size() == 1);
  CHECK_THAT(delays.blocks[0], Catch::Contains(" (IOPATH B Y (0.2) (0.4))\n (IOPATH A Y (1.0) (1.0))\n"));
  // A library of picoseconds: the simulator gets nanoseconds.
  const Delays picoseconds =
      simulator_delays(head + " (TIMESCALE 1ps)\n" + nand + rest + ")\n", netlist, clock, "x.sdf");
  CHECK_THAT(picoseconds.blocks[0], Catch::Contains(" (IOPATH B Y (0.0002) (0.0004))\n"));
  CHECK_THAT(picoseconds.blocks[0], Catch::Contains("(TIMESCALE 1ns)"));
  CHECK_THROWS_WITH(simulator_delays(head + " (TIMESCALE 1 day)\n" + nand + rest, netlist, clock, "x.sdf"),
                    Catch::Contains("x.sdf: TIMESCALE is 'day', must be of us, ns or ps"));
  CHECK_THAT(delays.blocks[0], !Catch::Contains("GCK") && !Catch::Contains("COND"));
  CHECK_THROWS_WITH(simulator_delays(head + rest + ")\n", netlist, clock, "x.sdf"),
                    Catch::Contains("x.sdf: 1 of 4 instances have no delay, at most 1 % may"));
  CHECK_THROWS_WITH(
      simulator_delays(head + "(CELL (INSTANCE u_below) (IOPATH A Y (1)))", netlist, clock, "x.sdf"),
      Catch::Contains("'u_below' is no name of the netlist"));
  // tiny.lib has no timing tables: its first instance's cell is told with its line.
  CHECK_THROWS_WITH(
      require_delays(library, netlist),
      Catch::Contains("tiny.lib:20: cell DFF has no timing tables (cell_rise, cell_fall): 4 of 4 instances"));
  const std::vector<double> slews = net_slews("n4 1e-1 3e-1\n", netlist, 0.05, "slews.txt");
  CHECK(slews[4] == Approx(0.2));
  CHECK(slews[3] == 0.05);
}

TEST_CASE("delays: a cell without arcs is an instance without a delay", "[silicon][bad-input]") {
  // As many NANDs with tables as there may be to one without: 99 to 1, and then one less.
  const std::string table = "cell_rise (scalar) { values (\"1\"); }";
  const std::string lib =
      "library (a) { nom_voltage : 1;\ncell (GOOD) { pin (A) { direction : input; } pin (Y) { direction : "
      "output; function : \"!A\"; timing () { related_pin : \"A\"; " +
      table +
      " } } }\n"
      "cell (BAD) { pin (A) { direction : input; } pin (Y) { direction : output; function : \"!A\"; } }\n"
      "cell (TIE) { pin (Y) { direction : output; function : \"1\"; } } }";
  const Library own = parse_library(lib, "own.lib");
  const auto netlist_of = [&](int good) {
    Netlist netlist;
    netlist.nets = 3 + good;
    for (int i = 0; i < good; ++i) netlist.instances.push_back({&own.cells.at("GOOD"), 0, {2, 3 + i}});
    netlist.instances.push_back({&own.cells.at("TIE"), 0, {2}});      // needs none
    netlist.instances.push_back({&own.cells.at("BAD"), 0, {2, -1}});  // its output goes nowhere
    netlist.instances.push_back({&own.cells.at("BAD"), 0, {2, 2}});
    return netlist;
  };
  CHECK_NOTHROW(require_delays(own, netlist_of(99)));
  CHECK_THROWS_WITH(
      require_delays(own, netlist_of(98)),
      Catch::Contains("own.lib:3: cell BAD has no timing tables (cell_rise, cell_fall): 1 of 99 instances"));
  // Those count that OpenSTA gives no delay, too, whatever the library says of them.
  std::string sdf = "(DELAYFILE\n";
  for (int i = 0; i < 98; ++i)
    sdf += wd::text(" (CELL\n  (CELLTYPE \"GOOD\")\n  (INSTANCE i", i,
                    ")\n  (DELAY\n   (ABSOLUTE\n    (IOPATH A Y (0.1) (0.1))\n   )\n  )\n )\n");
  const Netlist netlist = netlist_of(98);
  CHECK_THROWS_WITH(simulator_delays(sdf + ")\n", netlist, std::vector<bool>(101, false), "x.sdf"),
                    Catch::Contains("x.sdf: 1 of 99 instances have no delay"));
}

TEST_CASE("delays: a clock that leaves the netlist ends no path", "[silicon][oracle]") {
  nlohmann::json design = nlohmann::json::parse(tiny_netlist);
  design["modules"]["tiny"]["ports"]["gated_o"] = {{"direction", "output"},
                                                   {"bits", {3, 6}}};  // data, the gate's output
  const Netlist netlist = flatten(design, "tiny", library, "tiny.json");
  const auto script = [&](const Netlist& of) {
    return timing_script(library, of, of.loads({}), "clk_i", of.clock_nets("clk_i"), 4, "folder");
  };
  CHECK_THAT(script(netlist), Catch::Contains("set_false_path -to [get_ports {gated_o[1]}]\n"));
  CHECK_THAT(script(tiny()), !Catch::Contains("set_false_path"));
}
