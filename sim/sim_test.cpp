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
  c.walker_cycles = c.walk_ops = c.bit_ops = 400000;
  c.rows_issued = 300;
  const arch::Arch arch;
  const Energy gated = estimate_energy(c, arch, {});
  const auto block = [](const Energy& e, const std::string& name) {
    for (const EnergyBlock& b : e.blocks)
      if (b.block == name) return b.picojoule;
    FAIL("no block " << name);
    return 0.0;
  };
  CHECK(block(gated, "PE gather") == Approx(400000 * 1.50));
  CHECK(block(gated, "PE accumulate") == Approx(400000 * 0.85));
  CHECK(block(gated, "PE idle") == Approx((1000 * 1024 - 400000) * 0.048));
  // 8 macros of 48 KB and 256 bits each, by the CACTI fit.
  CHECK(block(gated, "weight buffer") == Approx(300 * 8 * 0.93 * std::pow(48.0, 0.70) * std::pow(4.0, 0.29)));
  CHECK(gated.chip_picojoule() > block(gated, "PE gather"));
  arch::Switches open;
  open.gate_operand = open.gate_group = open.gate_array = false;
  const Energy clocked = estimate_energy(c, arch, open);
  CHECK(block(clocked, "PE idle") == Approx((1000 * 1024 - 400000) * 0.382));
  CHECK(block(clocked, "PE gather") == block(gated, "PE gather"));
  CHECK(clocked.chip_picojoule() > gated.chip_picojoule());
}
