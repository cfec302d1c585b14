// SPDX-License-Identifier: Apache-2.0
#include "algo/kernels/bfloat16.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

using namespace wd::algo;

TEST_CASE("bfloat16: every value survives the way to float and back", "[algo][round trip]") {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    BFloat16 x;
    x.bits = static_cast<std::uint16_t>(bits);
    const float wide = static_cast<float>(x);
    if (std::isnan(wide))
      REQUIRE(std::isnan(static_cast<float>(BFloat16(wide))));
    else
      REQUIRE(BFloat16(wide).bits == bits);
  }
}

TEST_CASE("bfloat16: rounds to the nearest neighbour, ties to the even one", "[algo][oracle]") {
  for (std::uint32_t bits = 0; bits < 0x7f80; ++bits) {
    // The middle between neighbours, exact in float (between
    // the largest value and infinity: 2^128 is the upper).
    const float middle = std::bit_cast<float>(bits << 16 | 0x8000u);
    const std::uint32_t even = bits % 2 == 0 ? bits : bits + 1;
    REQUIRE(BFloat16(middle).bits == even);
    REQUIRE(BFloat16(std::nextafter(middle, 0.0f)).bits == bits);
    REQUIRE(BFloat16(std::nextafter(middle, std::numeric_limits<float>::infinity())).bits == bits + 1);
    REQUIRE(BFloat16(-middle).bits == (even | 0x8000u));
  }
}
