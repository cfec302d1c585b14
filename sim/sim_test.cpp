// SPDX-License-Identifier: Apache-2.0
// Oracles for the plain models: a PE array stepped cycle
// by cycle for the recurrences, direct sums for energy.
#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "sim/energy.hpp"
#include "sim/fast/walker_timing.hpp"

using namespace wd;
using namespace wd::sim;

namespace {

constexpr int groups = 16;

/// Steps docs/organisations/walker_sets.md's RUN phase with registers, as hardware would; no recurrence is used.
struct Stepped {
  std::uint64_t run_cycles = 0, pe_cycles = 0, walk_ops = 0, group_cycles = 0;
  std::vector<std::uint32_t> row_issue;

  Stepped(const fast::WalkerRequest& q, const fast::TileRows& rows, const fast::TileActs& acts) {
    struct Pe {
      std::uint64_t rem = 0;
      int row = -1;  // the row that rem belongs to
      int next = 0;  // rows before this one were taken or were empty
    };
    std::vector<Pe> pes(static_cast<std::size_t>(groups * q.pes));
    const auto work = [&](int row, int g, int pe) {
      return rows.walk[static_cast<std::size_t>(row * q.pes + pe)] &
             acts.walk[static_cast<std::size_t>(row / q.planes * groups + g)];
    };
    int issued = 0, fetch_started = 0;
    long fetch_start = 0, row_readable = 1;
    std::vector<bool> was_busy;  // row had work left after the last cycle
    for (long t = 0;; ++t) {
      // Which rows have PEs that are not done with them after this cycle; which groups work.
      std::vector<bool> busy(static_cast<std::size_t>(issued), false), active(groups, false);
      for (int g = 0; g < groups; ++g)
        for (int p = 0; p < q.pes; ++p) {
          Pe& pe = pes[static_cast<std::size_t>(g * q.pes + p)];
          const bool walks = pe.rem != 0;
          if (walks) {
            ++walk_ops;
            pe.rem &= pe.rem - 1;
          }
          bool takes = false;
          if (pe.rem == 0) {
            while (pe.next < issued && work(pe.next, g, p) == 0) ++pe.next;
            if (pe.next < issued) {
              takes = true;
              pe.rem = work(pe.next, g, p);
              pe.row = pe.next++;
            }
          }
          if (pe.rem != 0) busy[static_cast<std::size_t>(pe.row)] = true;
          for (int row = pe.next; row < issued; ++row)
            if (work(row, g, p) != 0) busy[static_cast<std::size_t>(row)] = true;
          if (walks || takes) {
            ++pe_cycles;
            active[static_cast<std::size_t>(g)] = true;
          }
        }
      for (bool a : active) group_cycles += a;
      const auto is_free = [&](int row) {
        return row < 0 || (t >= long{row_issue[static_cast<std::size_t>(row)]} + 2 &&
                           !was_busy[static_cast<std::size_t>(row)]);
      };
      bool all_free = issued == q.rows;
      for (int row = 0; row < issued; ++row) all_free = all_free && is_free(row);
      if (all_free) {
        run_cycles = static_cast<std::uint64_t>(t) + 1;
        return;
      }
      const bool first = issued < q.rows && issued % q.planes == 0;
      const bool fetched =
          !first || (fetch_started == issued / q.planes && t >= fetch_start + q.sub_reads + 1);
      if (issued < q.rows && t >= row_readable && fetched && is_free(issued - q.window)) {
        row_issue.push_back(static_cast<std::uint32_t>(t));
        if (first) {
          ++fetch_started;
          fetch_start = t;
        }
        row_readable = t + 1;
        ++issued;
        busy.push_back(true);  // not visible yet: E + 2 guards it
      }
      was_busy = busy;
    }
  }
};

}  // namespace

TEST_CASE("tile timing: the recurrences agree with a stepped array", "[sim][oracle]") {
  std::mt19937_64 random(21);
  for (int round = 0; round < 60; ++round) {
    fast::WalkerRequest q;
    q.planes = 1 + round % 3;
    q.rows = q.planes * static_cast<int>(1 + random() % 12);
    q.window = 1 + static_cast<int>(random() % 8);
    q.sub_reads = round % 4 == 0 ? 4 : 1;
    q.pes = 16;
    q.trace = true;
    const int chunk = round % 5 == 4 ? 64 : 16, weight_density = static_cast<int>(random() % 100),
              act_density = static_cast<int>(random() % 100);
    const auto draw = [&](int percent) {
      std::uint64_t map = 0;
      for (int i = 0; i < chunk; ++i) map |= std::uint64_t{static_cast<int>(random() % 100) < percent} << i;
      return map;
    };
    fast::TileRows rows;
    fast::TileActs acts;
    for (int i = 0; i < q.rows * q.pes; ++i) rows.walk.push_back(draw(weight_density / 4));
    rows.mask = rows.walk;
    for (int i = 0; i < q.rows / q.planes * groups; ++i) {
      acts.walk.push_back(i % 16 == 3 ? 0 : draw(act_density));
      acts.words.push_back(nullptr);
    }
    acts.nonzero = acts.walk;
    const fast::WalkerTiming timed = fast::time_walkers(q, rows, acts, chunk);
    const Stepped plain(q, rows, acts);
    INFO("round " << round);
    REQUIRE(timed.row_issue == plain.row_issue);
    REQUIRE(timed.run_cycles == plain.run_cycles);
    REQUIRE(timed.walk_ops == plain.walk_ops);
    REQUIRE(timed.bit_ops == plain.walk_ops);
    REQUIRE(timed.pe_cycles == plain.pe_cycles);
    REQUIRE(timed.group_cycles == plain.group_cycles);
  }
}

TEST_CASE("energy: blocks are counters times the table, and gates change only clocks", "[sim][energy]") {
  arch::Counters c;
  c.cycles = 1000;
  c.run_cycles = 800;
  c.group_cycles = 10000;
  c.pe_cycles = c.walk_ops = c.bit_ops = 400000;
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
  open.gate_pe = open.gate_group = open.gate_array = false;
  const Energy clocked = estimate_energy(c, arch, open);
  CHECK(block(clocked, "PE idle") == Approx((1000 * 1024 - 400000) * 0.382));
  CHECK(block(clocked, "PE gather") == block(gated, "PE gather"));
  CHECK(clocked.chip_picojoule() > gated.chip_picojoule());
}
