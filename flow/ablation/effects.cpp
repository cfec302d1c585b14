// SPDX-License-Identifier: Apache-2.0
#include "flow/ablation/effects.hpp"

#include <cmath>

namespace wd::flow::ablation {
namespace {

/// The sum of the values, each with a sign for every element of `which`: plus where it is changed. What is within the rounding of the sum
/// is 0: an element without effect has none.
double contrast(const std::vector<double>& values, std::size_t which) {
  constexpr double rounding = 1e-13;
  double sum = 0, size = 0;
  for (std::size_t n = 0; n < values.size(); ++n) {
    // Parity of the elements that are not changed.
    bool minus = false;
    for (std::size_t rest = which & ~n; rest != 0; rest &= rest - 1) minus = !minus;
    sum += minus ? -values[n] : values[n];
    size += std::abs(values[n]);
  }
  return std::abs(sum) <= rounding * size ? 0 : sum;
}

}  // namespace

double main_effect(const std::vector<double>& values, std::size_t i) {
  return contrast(values, std::size_t{1} << i) / (static_cast<double>(values.size()) / 2);
}

double interaction(const std::vector<double>& values, std::size_t i, std::size_t j) {
  return contrast(values, std::size_t{1} << i | std::size_t{1} << j) /
         (static_cast<double>(values.size()) / 2);
}

}  // namespace wd::flow::ablation
