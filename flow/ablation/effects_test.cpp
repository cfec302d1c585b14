// SPDX-License-Identifier: Apache-2.0
// Effects against models whose coefficients are known, and against their definition.
#include "flow/ablation/effects.hpp"

#include <catch2/catch.hpp>
#include <random>

namespace wd::flow::ablation {
namespace {

TEST_CASE("effects: those of a sum with products are its coefficients", "[ablation][oracle]") {
  // y = 10 + 3 a - 2 b + 5 c + 4 a b, with 0 or 1 for each.
  std::vector<double> values;
  for (int n = 0; n < 8; ++n) {
    const int a = n & 1, b = n >> 1 & 1, c = n >> 2 & 1;
    values.push_back(10 + 3 * a - 2 * b + 5 * c + 4 * a * b);
  }
  CHECK(main_effect(values, 0) == Approx(3 + 4 * 0.5));  // b is changed in half of them
  CHECK(main_effect(values, 1) == Approx(-2 + 4 * 0.5));
  CHECK(main_effect(values, 2) == Approx(5));
  CHECK(interaction(values, 0, 1) == Approx(4 * 0.5));  // half of the difference of 7 and 3
  CHECK(interaction(values, 1, 0) == Approx(4 * 0.5));
  CHECK(interaction(values, 0, 2) == Approx(0).margin(1e-12));
}

TEST_CASE("effects: by their definition, pair by pair", "[ablation][oracle]") {
  std::mt19937_64 random(7);
  std::vector<double> values(32);
  for (double& value : values) value = static_cast<double>(random() % 1000);
  for (std::size_t i = 0; i < 5; ++i) {
    double sum = 0;
    for (std::size_t n = 0; n < 32; ++n)
      if ((n >> i & 1) == 0) sum += values[n | std::size_t{1} << i] - values[n];
    CHECK(main_effect(values, i) == Approx(sum / 16));
    for (std::size_t j = 0; j < 5; ++j) {
      if (i == j) continue;
      double with = 0, without = 0;
      for (std::size_t n = 0; n < 32; ++n)
        if ((n >> i & 1) == 0) (n >> j & 1 ? with : without) += values[n | std::size_t{1} << i] - values[n];
      CHECK(interaction(values, i, j) == Approx((with / 8 - without / 8) / 2));
    }
  }
}

TEST_CASE("effects: an element that does nothing has none, whatever the rounding", "[ablation]") {
  std::vector<double> values;
  for (int n = 0; n < 1024; ++n) values.push_back(0.1 + (n & 1) * 0.2 + (n >> 1 & 1) / 3.0);
  CHECK(main_effect(values, 0) == Approx(0.2));
  CHECK(main_effect(values, 5) == 0);
  CHECK(interaction(values, 0, 7) == 0);
}

}  // namespace
}  // namespace wd::flow::ablation
