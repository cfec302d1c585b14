// SPDX-License-Identifier: Apache-2.0
#include "hw/silicon/power_table.hpp"

#include <catch2/catch.hpp>

using wd::silicon::PowerTable;

TEST_CASE("power table: between, on and beyond its axes it is the bilinear function that made it",
          "[silicon][oracle]") {
  const auto f = [](double s, double l) { return 3 + 2 * s - 0.5 * l + 0.25 * s * l; };
  PowerTable table{{0.1, 0.4, 2}, {1, 5, 20, 50}, {}};
  for (const double s : table.slews_ns)
    for (const double l : table.loads_ff) table.energy_fj.push_back(f(s, l));
  for (const double s : {0.0, 0.1, 0.25, 0.4, 1.3, 2.0, 3.5})
    for (const double l : {0.0, 1.0, 2.0, 5.0, 19.0, 50.0, 80.0}) CHECK(table.at(s, l) == Approx(f(s, l)));
}

TEST_CASE("power table: pieces meet at their corners and each has a slope of its own", "[silicon][oracle]") {
  const PowerTable table{{0, 1, 2}, {}, {0, 10, 40}};
  CHECK(table.at(0.5, 7) == Approx(5));
  CHECK(table.at(1.5, 7) == Approx(25));
  CHECK(table.at(3, 7) == Approx(70));
  CHECK(table.at(-1, 7) == Approx(-10));
}

TEST_CASE("power table: axes of one entry and scalars have no influence", "[silicon][oracle]") {
  CHECK(PowerTable{{}, {}, {4}}.at(1, 2) == 4);
  CHECK(PowerTable{{1}, {1, 3}, {4, 8}}.at(99, 2) == Approx(6));
  CHECK(PowerTable{{1, 3}, {5}, {4, 8}}.at(2, 99) == Approx(6));
}
