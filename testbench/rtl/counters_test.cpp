// SPDX-License-Identifier: Apache-2.0
// The counters, with a low part of 4 bits, so that carries are frequent: exact in every cycle, still without a program.
#include <Vwd_counters.h>

#include <array>
#include <catch2/catch.hpp>
#include <random>

namespace {

constexpr int count = 3, increment_bits = 4, bits = 10;

TEST_CASE("counters: carries are in the value read, in every cycle", "[rtl][oracle]") {
  std::mt19937 random_bits(5);
  Vwd_counters rtl;
  std::array<unsigned, count> expected{};
  int carries = 0;
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
    for (int i = 0; i < count; ++i) {
      unsigned& value = expected[static_cast<std::size_t>(i)];
      const unsigned before = value;
      if (rtl.count_i) value += rtl.increment_i >> i * increment_bits & ((1 << increment_bits) - 1);
      value %= 1 << bits;
      carries += value >> increment_bits != before >> increment_bits;
      if (rtl.clear_i) value = 0;
    }
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
}

}  // namespace
