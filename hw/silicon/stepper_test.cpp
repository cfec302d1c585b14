// SPDX-License-Identifier: Apache-2.0
#include "hw/silicon/stepper.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <random>

#include "base/error.hpp"
#include "hw/silicon/tiny_library.hpp"

namespace {

using namespace wd::silicon;

const Library library = parse_library(tiny_library, "tiny.lib");

int net(const Netlist& netlist, const char* port, std::size_t bit = 0) {
  return netlist.port(port).nets.at(bit);
}

/// Two flops in a row behind one gate of en_i; a memory gives the second one's enable, m and y go to it.
constexpr const char* memory_netlist = R"({"cut": ["block"], "modules": {"m": {
  "ports": {"clk_i": {"direction": "input", "bits": [2]}, "en_i": {"direction": "input", "bits": [3]},
            "d_i": {"direction": "input", "bits": [4]}, "q_o": {"direction": "output", "bits": [6, 7, 8]}},
  "netnames": {"clk_i": {"bits": [2]}, "word": {"bits": ["0", 9]}, "$hidden": {"hide_name": 1, "bits": [9]}},
  "cells": {"gate": {"type": "GATE", "connections": {"CK": [2], "E": [3], "GCK": [5]}},
            "one": {"type": "DFF", "connections": {"C": [5], "D": [4], "Q": [6]}},
            "two": {"type": "DFF", "connections": {"C": [5], "D": [6], "Q": [7]}},
            "nand": {"type": "NAND", "connections": {"A": [9], "B": [7], "Y": [8]}},
            "g[1].u_cut": {"type": "block", "port_directions": {"a_i": "input", "b_o": "output"}, "connections": {"a_i": [7, 10], "b_o": [10]}},
            "in": {"type": "wd_memory_in", "port_directions": {"CK": "input", "D": "input"}, "connections": {"CK": [2], "D": [8]}},
            "out": {"type": "wd_memory_out", "port_directions": {"CK": "input", "Q": "output"}, "connections": {"CK": [2], "Q": [9]}}}}}})";

}  // namespace

TEST_CASE("stepper: flops take what was there before the edge, gates hold the clock", "[silicon][oracle]") {
  const Netlist netlist = flatten(nlohmann::json::parse(memory_netlist), "m", library, "m.json");
  Stepper stepper(netlist);
  const int clock = net(netlist, "clk_i");
  CHECK(stepper.stateful().size() == 3);
  std::mt19937 random(1);
  bool one = false, two = false;
  for (int cycle = 0; cycle < 200; ++cycle) {
    const bool en = random() & 1, d = random() & 1, memory = random() & 1, runs = random() % 4 != 0;
    stepper.set(net(netlist, "en_i"), en);
    stepper.set(net(netlist, "d_i"), d);
    stepper.set(net(netlist, outside_port), memory);
    stepper.settle();
    CHECK(stepper.value(net(netlist, "q_o", 0)) == one);
    CHECK(stepper.value(net(netlist, "q_o", 1)) == two);
    CHECK(stepper.value(net(netlist, "q_o", 2)) == !(memory && two));
    if (!runs) continue;
    stepper.edge({&clock, 1});
    if (en) {
      two = one;
      one = d;
    }
  }
}

TEST_CASE("netlist: pins of memories and cut modules are ports", "[silicon][oracle]") {
  const Netlist netlist = flatten(nlohmann::json::parse(memory_netlist), "m", library, "m.json");
  REQUIRE(netlist.outside.size() == 1);  // the cut module's output reaches no pin
  CHECK(netlist.outside[0].names == std::vector<std::pair<std::string, int>>{{"word", 1}});
  CHECK(netlist.outside[0].net == net(netlist, outside_port));
  CHECK(netlist.port(inside_port).nets == std::vector<int>{net(netlist, "q_o", 1), net(netlist, "q_o", 2)});
}

TEST_CASE("stepper: refuses a loop of gates", "[silicon][bad-input]") {
  const Netlist loop = flatten(nlohmann::json::parse(R"({"modules": {"m": {
    "ports": {"clk_i": {"direction": "input", "bits": [2]}},
    "cells": {"a": {"type": "INV", "connections": {"A": [3], "Y": [4]}}, "b": {"type": "INV", "connections": {"A": [4], "Y": [3]}}}}}})"),
                               "m", library, "m.json");
  CHECK_THROWS_AS((void)Stepper(loop), wd::Error);
}
