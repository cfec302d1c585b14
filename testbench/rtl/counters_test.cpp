// SPDX-License-Identifier: Apache-2.0
// The counters, with a low part of 4 bits, so that carries are frequent: exact in every cycle, still without a program.
#include <Vwd_counters.h>

#include <array>
#include <catch2/catch.hpp>
#include <random>

#include "testbench/rtl/cover.hpp"

namespace {

constexpr int count = 3, increment_bits = 4, bits = 10;

TEST_CASE("counters: carries are in the value read, in every cycle", "[rtl][oracle]") {
  wd::Cover cover{
      "wd_counters",
      {"carry", "carry of each counter at once", "carry of one alone", "carry waits while nothing is counted",
       "nothing is counted", "increment of 0", "largest increment", "goes around", "cleared while counted",
       "cleared while not counted", "cleared with a carry that waits"}};
  std::mt19937 random_bits(5);
  Vwd_counters rtl;
  std::array<unsigned, count> expected{};
  int carries = 0, carried = 0;  // carried: counters whose carry waits
  const auto tick = [&] {
    rtl.clk_i = 1;
    rtl.eval();
    rtl.clk_i = 0;
    rtl.eval();
  };
  for (int cycle = 0; cycle < 20000; ++cycle) {
    rtl.clear_i = cycle == 0 || random_bits() % 2000 == 0;
    rtl.count_i = random_bits() % 4 != 0;
    rtl.increment_i = random_bits() % (1 << count * increment_bits);
    if (random_bits() % 8 == 0) rtl.increment_i = (1 << count * increment_bits) - 1;
    cover.hit("nothing is counted", !rtl.count_i);
    cover.hit("carry waits while nothing is counted", !rtl.count_i && carried != 0);
    cover.hit("cleared while counted", rtl.clear_i && rtl.count_i && cycle > 0);
    cover.hit("cleared while not counted", rtl.clear_i && !rtl.count_i && cycle > 0);
    cover.hit("cleared with a carry that waits", rtl.clear_i && carried != 0);
    if (rtl.count_i || rtl.clear_i) carried = 0;
    for (int i = 0; i < count; ++i) {
      const unsigned increment = rtl.increment_i >> i * increment_bits & ((1 << increment_bits) - 1);
      unsigned& value = expected[static_cast<std::size_t>(i)];
      const unsigned before = value;
      if (rtl.count_i) value += increment;
      cover.hit("goes around", value >= 1 << bits);
      cover.hit("increment of 0", rtl.count_i && increment == 0);
      cover.hit("largest increment", rtl.count_i && increment == (1 << increment_bits) - 1);
      value %= 1 << bits;
      const bool carry = value >> increment_bits != before >> increment_bits;
      carries += carry, carried += carry && !rtl.clear_i;
      if (rtl.clear_i) value = 0;
    }
    cover.hit("carry", carried > 0);
    cover.hit("carry of each counter at once", rtl.count_i && carried == count);
    cover.hit("carry of one alone", rtl.count_i && carried == 1);
    rtl.eval();
    tick();
    for (int i = 0; i < count; ++i) {
      rtl.select_i = i;
      rtl.eval();
      if (rtl.value_o != expected[static_cast<std::size_t>(i)]) {
        CAPTURE(cycle, i);
        REQUIRE(rtl.value_o == expected[static_cast<std::size_t>(i)]);
      }
    }
  }
  CHECK(carries > 10000);
  CHECK(cover.missed() == "");
}

}  // namespace
