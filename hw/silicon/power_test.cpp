// SPDX-License-Identifier: Apache-2.0
#include "hw/silicon/power.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "hw/silicon/tiny_library.hpp"

namespace {

using namespace wd::silicon;

// Written out here, not read: volts, and what tiny_library.hpp says of its cells.
constexpr double volt = 2, slew = 0.5, fixed = 0.5, per_pin = 0.25;
double switched(double femtofarad) { return femtofarad * volt * volt / 2; }

const Library library = parse_library(tiny_library, "tiny.lib");

struct Bench {
  Netlist netlist = flatten(nlohmann::json::parse(tiny_netlist), "tiny", library, "tiny.json");
  PowerMeter meter;
  int clk = netlist.port("clk_i").nets[0], d = netlist.port("d_i").nets[0], e = netlist.port("e_i").nets[0],
      y = netlist.port("y_o").nets[0], q = netlist.port("y_o").nets[1];
  int gck = net("GATE", "GCK"), nand = net("NAND", "Y");

  Bench() : meter(library, netlist, settings(), {0, 1}) {
    set(0, {{clk, 0}, {gck, 0}, {d, 0}, {e, 1}, {q, 0}, {nand, 1}, {y, 0}});
  }
  int net(const std::string& cell, const std::string& pin) const {
    for (const Instance& one : netlist.instances)
      if (one.cell->name == cell) return one.nets[static_cast<std::size_t>(one.cell->pin(pin))];
    return -1;
  }
  PowerSettings settings() const {
    const auto nets = static_cast<std::size_t>(netlist.nets);
    return {{fixed, per_pin},
            std::vector<double>(nets, slew),
            netlist.clock_nets("clk_i"),
            netlist.port("clk_i").nets[0]};
  }
  void set(double time_ns, const std::vector<Change>& changes) { meter.changes(time_ns, changes); }
};

}  // namespace

TEST_CASE("power: a cycle of inverter, NAND, flop and clock gate, by hand", "[silicon][oracle]") {
  Bench b;
  // The first cycle: 10 ns, the clock's two edges, Q rises; NAND falls (by A, B is 1), the inverter rises.
  b.set(10, {{b.clk, 1}, {b.gck, 1}});
  b.set(10.5, {{b.q, 1}});
  b.set(11, {{b.nand, 0}});
  b.set(11.5, {{b.y, 1}});
  b.set(15, {{b.clk, 0}, {b.gck, 0}});
  b.meter.finish(20);

  const double gate_pins =
      2 * (switched(1 + per_pin + fixed))  // clk_i: an input, all of its wire at the one pin
      + 7 + 8 + 2 * switched(fixed + per_pin);
  const double flop = 2 * switched(4 + per_pin) + 0.25 + 0.5 + 30 + switched(fixed + per_pin);
  CHECK(b.meter.scopes()[0].dynamic_fj() == Approx(gate_pins + flop));
  const double q_at_nand = switched(1 + per_pin);
  const double nand = 11 + switched(fixed + per_pin), nand_at_inverter = switched(3 + per_pin);
  const double load = 0 + fixed + per_pin;  // y: the inverter's own pin alone
  const double inverter = 1 + 2 * slew + 0.5 * load + switched(fixed + per_pin);
  CHECK(b.meter.scopes()[1].dynamic_fj() == Approx(q_at_nand + nand + nand_at_inverter + inverter));
  CHECK(b.meter.scopes()[0].internal_fj == Approx(7 + 8 + 0.25 + 0.5 + 30));

  // Leakage of the end's state: inverter's A is 0: 6 nW; no conditions: NAND 5. 1 nW for 1 ns is 1e-3 fJ.
  CHECK(b.meter.scopes()[1].leakage_fj == Approx((6 + 5) * 10 * 1e-3));
  CHECK(b.meter.scopes()[0].leakage_fj == Approx((1 + 2) * 10 * 1e-3));
  CHECK(b.meter.cycles().size() == 1);
  CHECK(b.meter.cycles()[0][1].total_fj() == Approx(b.meter.scopes()[1].total_fj()));
  CHECK(b.meter.glitches() == 0);
  CHECK(b.meter.scopes()[0].glitch_fj == 0);
  CHECK(b.meter.unmatched() == 0);
}

TEST_CASE("power: the input that changed last names the arc, its condition must hold", "[silicon][oracle]") {
  Bench b;
  b.set(10, {{b.clk, 1}, {b.gck, 1}});
  b.set(10.5, {{b.q, 1}, {b.nand, 0}});  // at once: A
  const double before = b.meter.scopes()[1].internal_fj;
  CHECK(before == Approx(11));
  b.set(12, {{b.e, 0}});
  b.set(12.2, {{b.nand, 1}});  // B fell, A is 1
  CHECK(b.meter.scopes()[1].internal_fj - before == Approx(20));
  // A falls while B is 0 and the output falls none the less: no condition holds; the mean of A's arcs, which is one.
  b.set(13, {{b.q, 0}});
  b.set(13.2, {{b.nand, 0}});
  CHECK(b.meter.scopes()[1].internal_fj - before == Approx(20 + 11));
  CHECK(b.meter.unmatched() == 1);
}

TEST_CASE("power: an input's energy goes by the state of the other pins", "[silicon][oracle]") {
  Bench b;
  b.set(10, {{b.clk, 1}, {b.gck, 1}});
  const double before = b.meter.scopes()[0].internal_fj;
  b.set(11, {{b.d, 1}});
  CHECK(b.meter.scopes()[0].internal_fj - before == Approx(0.1));
  b.set(15, {{b.clk, 0}, {b.gck, 0}});
  const double low = b.meter.scopes()[0].internal_fj;
  b.set(16, {{b.d, 0}});
  CHECK(b.meter.scopes()[0].internal_fj - low == Approx(0.4));
}

TEST_CASE("power: glitches are what a cycle did not need", "[silicon][oracle]") {
  Bench b;
  b.set(10, {{b.clk, 1}, {b.gck, 1}});
  // The NAND falls, rises and falls again: two of three were for nothing; d rises and falls: both were.
  b.set(11, {{b.q, 1}, {b.nand, 0}});
  b.set(12, {{b.nand, 1}});
  b.set(13, {{b.nand, 0}});
  b.set(14, {{b.d, 1}});
  b.set(14.5, {{b.d, 0}});
  b.set(15, {{b.clk, 0}, {b.gck, 0}});
  b.meter.finish(20);
  CHECK(b.meter.transitions() == 4 + 1 + 3 + 2);
  CHECK(b.meter.glitches() == 4);
  const double nand = 11 + 10 + 11 + 3 * switched(fixed + per_pin), at_inverter = 3 * switched(3 + per_pin);
  CHECK(b.meter.scopes()[1].glitch_fj == Approx((nand + at_inverter) * 2 / 3));
  CHECK(b.meter.scopes()[0].glitch_fj == Approx(2 * switched(2 + per_pin + fixed) + 0.1 + 0.2));
}

TEST_CASE("power: nothing before the first cycle, nothing for unknown values, cycles apart",
          "[silicon][oracle]") {
  Bench b;
  b.set(1, {{b.d, 1}});
  CHECK(b.meter.transitions() == 0);
  b.set(10, {{b.clk, 1}, {b.gck, 1}});
  b.set(11, {{b.q, 2}});
  b.set(12, {{b.q, 1}});
  CHECK(b.meter.transitions() == 2);
  b.set(15, {{b.clk, 0}, {b.gck, 0}});
  b.set(20, {{b.clk, 1}, {b.gck, 1}});
  b.set(21, {{b.e, 0}});
  b.meter.finish(24);
  REQUIRE(b.meter.cycles().size() == 2);
  CHECK(b.meter.cycles()[0][1].dynamic_fj() == 0);
  CHECK(b.meter.cycles()[1][1].dynamic_fj() == Approx(switched(2 + per_pin + fixed)));
  CHECK(b.meter.cycles()[1][1].leakage_fj == Approx((6 - 2 + 5) * 4 * 1e-3));
}
