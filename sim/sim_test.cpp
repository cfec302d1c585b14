// SPDX-License-Identifier: Apache-2.0
// Energy against direct sums.
#include <catch2/catch.hpp>
#include <cmath>

#include "sim/energy.hpp"

using namespace wd;
using namespace wd::sim;

TEST_CASE("energy: blocks are counters times the table, and gates change only clocks", "[sim][energy]") {
  arch::Counters c;
  c.cycles = 1000;
  c.run_cycles = 800;
  c.group_cycles = 10000;
  c.walker_cycles = 50000;
  c.walk_ops = 40000;
  c.bit_ops = 300000;
  c.flush_ops = 6000;
  c.rows_issued = 300;
  c.chunks_issued = 150;
  const arch::Arch arch;
  const Energy gated = estimate_energy(c, arch, {});
  const auto block = [](const Energy& e, const std::string& name) {
    for (const EnergyBlock& b : e.blocks)
      if (b.block == name) return b.picojoule;
    FAIL("no block " << name);
    return 0.0;
  };
  CHECK(block(gated, "PE operands") == Approx(300000 * 1.51));
  CHECK(block(gated, "walkers and picks") == Approx(40000 * 0.146 * 16).epsilon(0.01));
  CHECK(block(gated, "activation entries") == Approx(150 * 1024 * 0.51));
  CHECK(block(gated, "flush") == Approx(6000 * 1.0));
  CHECK(block(gated, "array leakage") == Approx(1000 * 1024 * 0.059));
  CHECK(block(gated, "clocks not gated") == 0);
  // 8 macros of 48 KB and 256 bits each, by the CACTI fit at 0.7 V, at 1.1 V.
  CHECK(
      block(gated, "weight buffer") ==
      Approx(300 * 8 * 0.93 * (1.1 * 1.1 / 0.49) * std::pow(48.0, 0.70) * std::pow(4.0, 0.29)).epsilon(0.01));

  // Off, a level's registers run whenever those above do, less the cycles in which they run anyhow.
  const auto ungated = [&](auto... gates) {
    arch::Switches open;
    ((open.*gates = false), ...);
    return block(estimate_energy(c, arch, open), "clocks not gated") / 0.0039;
  };
  const double pes = 10000 * 64;
  CHECK(ungated(&arch::Switches::gate_walker) == Approx((3 * 16 + 4 + 6) * (800 * 64 - 50000.0)));
  // In the flush a group's clock runs beside its group_cycles: 6000 PE cycles, which the sums need and operands do not.
  CHECK(ungated(&arch::Switches::gate_operand) == Approx(12 * (pes + 6000 - 300000)));
  CHECK(ungated(&arch::Switches::gate_sum) == Approx(12 * (pes + 6000 - 300000) + 31 * (pes - 300000)));
  CHECK(ungated(&arch::Switches::gate_segment) == Approx(30 * 306000));
  CHECK(ungated(&arch::Switches::gate_operand, &arch::Switches::gate_group, &arch::Switches::gate_array) ==
        Approx(12 * (1000.0 * 1024 - 300000)));
}

TEST_CASE("energy: gates that a plain sum does not have cost nothing off", "[sim][energy]") {
  arch::Counters c;
  c.cycles = c.run_cycles = 1000;
  c.group_cycles = 10000;
  c.bit_ops = 300000;
  const auto ungated = [&](const arch::Arch& arch, bool arch::Switches::*gate) {
    arch::Switches open;
    open.*gate = false;
    return estimate_energy(c, arch, open).blocks.at(7).picojoule / 0.0039;
  };
  arch::Arch arch;
  arch.sum_segment = 0;
  CHECK(ungated(arch, &arch::Switches::gate_segment) == 0);
  // Flops of hw/rtl/wd_walker_sum.sv on the sum's clock: 36 of the sum and the one that follows the operand's turn.
  CHECK(ungated(arch, &arch::Switches::gate_sum) == Approx((12 + 37) * (10000 * 64 - 300000)));
  arch.sum_segment = 6;  // 2 x 6 low, 14 high; 14 of the addend, 16 middle, 5 flags
  CHECK(ungated(arch, &arch::Switches::gate_segment) == Approx(26 * 300000));
  CHECK(ungated(arch, &arch::Switches::gate_sum) == Approx((12 + 35) * (10000 * 64 - 300000)));
}

TEST_CASE("energy: no gate off saves energy where only flushes work", "[sim][energy]") {
  arch::Counters c;  // a tile of zero activations: RUN ends with its two flush cycles
  c.cycles = 100;
  c.run_cycles = 40;
  c.flush_ops = 2 * 1024;
  for (bool arch::Switches::*gate :
       {&arch::Switches::gate_array, &arch::Switches::gate_group, &arch::Switches::gate_walker,
        &arch::Switches::gate_operand, &arch::Switches::gate_sum, &arch::Switches::gate_segment}) {
    arch::Switches open;
    open.*gate = false;
    CHECK(estimate_energy(c, {}, open).blocks.at(7).picojoule >= 0);
  }
  arch::Switches open;
  open.gate_sum =
      false;  // each cycle of the groups' clocks is a flush, which the sums need: only operand registers waste
  CHECK(estimate_energy(c, {}, open).blocks.at(7).picojoule == Approx(12 * 2048 * 0.0039));
}

TEST_CASE("energy: what the table's prototypes did not have is named", "[sim][energy][message]") {
  const auto named = [](std::initializer_list<std::pair<int arch::Arch::*, int>> changes) {
    arch::Arch arch;
    for (const auto& [parameter, value] : changes) arch.*parameter = value;
    return estimate_energy({}, arch, {}).extrapolated;
  };
  using arch::Arch;
  using List = std::vector<std::string>;
  CHECK(named({}).empty());
  CHECK(named({{&Arch::groups_per_walker, 1}, {&Arch::latch_operand, 1}}).empty());
  CHECK(named({{&Arch::planes_per_row, 1}, {&Arch::window, 4}}).empty());
  CHECK(named({{&Arch::sum_segment, 0}}).empty());
  CHECK(named({{&Arch::window, 4}, {&Arch::entries, 4}}) ==
        List{"window 4 (known: 2 with planes_per_row 2)", "entries 4 (known: 2)"});
  CHECK(named({{&Arch::groups_per_walker, 4}, {&Arch::chunk, 32}}) ==
        List{"chunk 32 (known: 16)", "groups_per_walker 4 (known: 1 and 16)"});
  CHECK(extrapolation_caveat({"entries 4 (known: 2)", "chunk 32 (known: 16)"}) ==
        "energy of the array is extrapolated, no prototype had entries 4 (known: 2), chunk 32 (known: 16)");
}

TEST_CASE("energy: a walk costs what it serves, an operand what its PE is", "[sim][energy]") {
  arch::Counters c;
  c.walk_ops = c.bit_ops = 1000;
  const auto of = [&](const arch::Arch& arch, std::size_t block) {
    return estimate_energy(c, arch, {}).blocks[block].picojoule / 1000;
  };
  arch::Arch arch;
  arch.groups_per_walker = 1;
  CHECK(of(arch, 1) == Approx(2.0).epsilon(0.01));
  arch = {};
  arch.planes_per_row = 3;
  CHECK(of(arch, 0) == Approx(1.51 * 2.05 / 1.80).epsilon(0.01));
  arch = {};
  arch.latch_operand = 1;
  CHECK(of(arch, 0) == Approx(1.33));
}
