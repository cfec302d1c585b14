// SPDX-License-Identifier: Apache-2.0
#include "hw/silicon/fit.hpp"

#include <cmath>

#include "base/error.hpp"

namespace wd::silicon {
namespace {

constexpr int rounds = 200000;
constexpr double still = 1e-13;

}  // namespace

double predict(const std::vector<double>& each, const std::vector<double>& counts) {
  double sum = 0;
  for (std::size_t e = 0; e < each.size(); ++e) sum += each[e] * counts[e];
  return sum;
}

Fit fit_events(const std::vector<std::vector<double>>& counts, const std::vector<double>& sums) {
  WD_ASSERT(!sums.empty() && counts.size() == sums.size());
  const std::size_t events = counts[0].size(), windows = sums.size();
  std::vector<double> length(events, 0), target(events, 0), scaled(events, 0);
  for (std::size_t w = 0; w < windows; ++w)
    for (std::size_t e = 0; e < events; ++e) length[e] += counts[w][e] * counts[w][e];
  for (double& l : length) l = std::sqrt(l);
  const auto column = [&](std::size_t w, std::size_t e) {
    return length[e] > 0 ? counts[w][e] / length[e] : 0;
  };
  std::vector<std::vector<double>> products(events, std::vector<double>(events, 0));
  for (std::size_t w = 0; w < windows; ++w)
    for (std::size_t e = 0; e < events; ++e) {
      target[e] += column(w, e) * sums[w];
      for (std::size_t f = 0; f < events; ++f) products[e][f] += column(w, e) * column(w, f);
    }
  for (int round = 0; round < rounds; ++round) {
    double moved = 0, largest = 0;
    for (std::size_t e = 0; e < events; ++e) {
      if (length[e] == 0) continue;
      double rest = target[e];
      for (std::size_t f = 0; f < events; ++f)
        if (f != e) rest -= products[e][f] * scaled[f];
      const double next = std::max(0.0, rest / products[e][e]);
      moved = std::max(moved, std::abs(next - scaled[e]));
      largest = std::max(largest, next);
      scaled[e] = next;
    }
    if (moved <= still * largest) break;
  }
  Fit fit;
  for (std::size_t e = 0; e < events; ++e) fit.each.push_back(length[e] > 0 ? scaled[e] / length[e] : 0);
  double squares = 0, mean = 0;
  for (std::size_t w = 0; w < windows; ++w) {
    fit.predicted.push_back(predict(fit.each, counts[w]));
    squares += std::pow(fit.predicted[w] - sums[w], 2);
    mean += sums[w] / static_cast<double>(windows);
  }
  fit.residual = mean > 0 ? std::sqrt(squares / static_cast<double>(windows)) / mean : 0;
  return fit;
}

}  // namespace wd::silicon
