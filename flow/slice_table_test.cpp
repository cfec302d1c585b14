// SPDX-License-Identifier: Apache-2.0
#include "flow/slice_table.hpp"

#include <catch2/catch.hpp>

#include "flow/slice_points.hpp"
#include "flow/slice_stimulus.hpp"

namespace {

using namespace wd;
using namespace wd::flow;

double each(const BlockTable& table, const std::string& name) {
  for (const sim::EventPower& event : table.power.events)
    if (event.event == name) return event.fj;
  return -1;
}

/// Tiles whose energies are known sums of their events.
struct Known {
  std::vector<SliceEvents> events;
  SliceEnergy energy;

  explicit Known(unsigned ungated = 0) {
    const arch::Switches off = switches_without(ungated);
    energy.area_um2 = {1, 2, 3};
    energy.period_ns = 2;
    unsigned seed = 0;
    for (const SlicePoint& point : {SlicePoint{0.4, 0.3}, {0.2, 0.8}, {0.05, 0.5}, {0.1, 0.1}})
      for (const SliceTile& tile : random_slices({}, point, ++seed, 1500)) {
        const SliceEvents e = slice_events({}, tile);
        const auto n = [&](const char* block, const char* event) {
          return slice_count(block, event, e.counters, off);
        };
        events.push_back(e);
        energy.tiles.push_back(
            {{5 * n("lanes", "rows_issued"), 2 * n("lanes", "idle"), 10, 1, 3},
             {30 * n("walkers", "walk_ops") + 110 * n("walkers", "starts"),
              2 * n("walkers", "idle") + 4 * n("walkers", "ungated_walker"), 10, 0, 0},
             {100 * n("group", "bit_ops") + 9 * n("group", "flush_ops"),
              4 * n("group", "walk_ops") + 3 * n("group", "ungated_operand") + 7 * n("group", "ungated_sum") +
                  2 * n("group", "ungated_segment") + 5 * n("group", "ungated_group"),
              10, 5, 0}});
        energy.cycles += static_cast<std::uint64_t>(e.cycles);
      }
  }
};

}  // namespace

TEST_CASE("slice table: energies of known events come back from their tiles", "[flow][oracle]") {
  const Known known;
  const std::vector<BlockTable> tables = fit_blocks(known.energy, known.events);
  REQUIRE(tables.size() == 3);
  CHECK(each(tables[0], "rows_issued") == Approx(5).margin(0.05));
  CHECK(each(tables[0], "idle") == Approx(2).margin(0.02));
  CHECK(each(tables[1], "walk_ops") == Approx(30).margin(0.3));
  CHECK(each(tables[1], "starts") == Approx(110).margin(1));
  CHECK(each(tables[2], "bit_ops") == Approx(100).margin(1));
  CHECK(each(tables[2], "walk_ops") == Approx(4).margin(0.5));
  for (const BlockTable& table : tables) {
    CHECK(table.power.residual.value() < 1e-3);
    CHECK(std::abs(table.power.held_out_error.value()) < 1e-2);
  }
  // So many tiles of 10 fJ over all cycles of 2 ns: 1 fJ in 1 ns is 1 uW.
  CHECK(tables[1].power.leakage_nw == Approx(10.0 * static_cast<double>(known.events.size()) /
                                             (2.0 * static_cast<double>(known.energy.cycles)) * 1000));
  // The prediction of a sum of tiles is the sum of their energies.
  SliceEvents all;
  for (const SliceEvents& one : known.events) all += one;
  CHECK(tables[2].predict_fj(all.counters) == Approx(known.energy.sum(2).dynamic_fj()).epsilon(1e-3));
}

TEST_CASE("slice table: what a level's gate saves comes back from two simulations", "[flow][oracle]") {
  const Known gated;
  std::vector<BlockTable> tables = fit_blocks(gated.energy, gated.events);
  std::vector<UngatedRun> runs;
  for (int gate = 0; gate <= slice_gates; ++gate) {
    const unsigned ungated = gate < slice_gates ? 1U << gate : (1U << slice_gates) - 1;
    runs.push_back({ungated, Known(ungated).energy});
  }
  CHECK(std::abs(fit_ungated(gated.energy, runs, gated.events, tables)) < 1e-2);
  CHECK(each(tables[1], "ungated_walker") == Approx(4).epsilon(0.02));
  CHECK(each(tables[2], "ungated_group") == Approx(5).epsilon(0.05));
  // One clock for both: their counts differ by the flushes alone, so that only the sum can be told.
  CHECK(each(tables[2], "ungated_operand") + each(tables[2], "ungated_sum") == Approx(3 + 7).epsilon(0.05));
  CHECK(each(tables[2], "ungated_segment") == Approx(2).epsilon(0.02));
}
