// SPDX-License-Identifier: Apache-2.0
#include "base/integer.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>

using wd::ceil_div;

TEST_CASE("ceil_div: rounds up, also at the end of the range", "[base]") {
  CHECK(ceil_div(0, 16) == 0);
  CHECK(ceil_div(1, 16) == 1);
  CHECK(ceil_div(16, 16) == 1);
  CHECK(ceil_div(17, 16) == 2);
  constexpr int largest = std::numeric_limits<int>::max();
  CHECK(ceil_div(largest, 2) == 1 << 30);
  CHECK(ceil_div(std::int64_t{1} << 40, 3) == 366503875926);
}
