// SPDX-License-Identifier: Apache-2.0
#include "algo/executor/fp8_scales.hpp"

#include <catch2/catch.hpp>

using namespace wd::algo;

TEST_CASE("FP8 scales: leave a margin of two", "[algo]") {
  CHECK(choose_scale_exp(7, Fp8Format::e4m3) == 5);
  CHECK(choose_scale_exp(7.01, Fp8Format::e4m3) == 4);
  CHECK(choose_scale_exp(7, Fp8Format::e3m4) == 1);
  CHECK(choose_scale_exp(7000, Fp8Format::e5m2) == 2);
  CHECK(choose_scale_exp(0, Fp8Format::e4m3) == 0);
  CHECK(choose_scale_exp(1e9, Fp8Format::e4m3) == -7);
  CHECK(choose_scale_exp(1e-9, Fp8Format::e4m3) == 7);
}
