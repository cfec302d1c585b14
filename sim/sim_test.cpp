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
  CHECK(ungated(&arch::Switches::gate_operand) == Approx(12 * (pes - 300000)));
  CHECK(ungated(&arch::Switches::gate_sum) == Approx(12 * (pes - 300000) + 31 * (pes - 306000)));
  CHECK(ungated(&arch::Switches::gate_segment) == Approx(30 * 306000));
  CHECK(ungated(&arch::Switches::gate_operand, &arch::Switches::gate_group, &arch::Switches::gate_array) ==
        Approx(12 * (1000.0 * 1024 - 300000)));
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
