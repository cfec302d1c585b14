// SPDX-License-Identifier: Apache-2.0
#include "hw/silicon/fit.hpp"

#include <catch2/catch.hpp>
#include <random>

using namespace wd::silicon;

TEST_CASE("fit: sums of known energies give these energies back", "[silicon][oracle]") {
  const std::vector<double> each = {1.5, 0, 20, 0.003};
  std::mt19937 random(7);
  std::vector<std::vector<double>> counts;
  std::vector<double> sums;
  for (int w = 0; w < 12; ++w) {
    counts.push_back({random() % 100 * 1.0, random() % 10 * 1.0, random() % 5 * 1.0, random() % 9000 * 1.0});
    sums.push_back(predict(each, counts.back()));
  }
  const Fit fit = fit_events(counts, sums);
  for (std::size_t e = 0; e < each.size(); ++e) CHECK(fit.each[e] == Approx(each[e]).margin(1e-6));
  CHECK(fit.residual < 1e-6);
}

TEST_CASE("fit: none is negative, one that never happens is zero, the residual is told",
          "[silicon][oracle]") {
  // y = x - 1 without a negative constant: least squares of y = a x through (1, 0), (2, 1), (3, 2): a = 8 / 14.
  const Fit fit = fit_events({{1, 1, 0}, {2, 1, 0}, {3, 1, 0}}, {0, 1, 2});
  CHECK(fit.each[0] == Approx(8.0 / 14));
  CHECK(fit.each[1] == 0);
  CHECK(fit.each[2] == 0);
  const double a = 8.0 / 14;
  CHECK(fit.residual ==
        Approx(std::sqrt((a * a + (2 * a - 1) * (2 * a - 1) + (3 * a - 2) * (3 * a - 2)) / 3)));
}
