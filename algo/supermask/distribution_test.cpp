// SPDX-License-Identifier: Apache-2.0
#include "algo/supermask/distribution.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>

using namespace wd::algo;

namespace {

const std::vector<WeightShape> layers{
    {"stem", 3, 3, 16}, {"a", 3, 16, 32}, {"b", 1, 32, 64}, {"c", 3, 64, 64}, {"fc", 1, 64, 10}};

double total(const std::vector<double>& densities) {
  double kept = 0, all = 0;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    kept += densities[l] * static_cast<double>(layers[l].count());
    all += static_cast<double>(layers[l].count());
  }
  return kept / all;
}

/// The same rule as an equation: density_l = min(1, x * share_l), x found by bisection.
std::vector<double> by_bisection(double density, const std::function<double(const WeightShape&)>& share) {
  double low = 0, high = 1e9;
  std::vector<double> densities(layers.size());
  for (int i = 0; i < 200; ++i) {
    const double x = (low + high) / 2;
    for (std::size_t l = 0; l < layers.size(); ++l) densities[l] = std::min(1.0, x * share(layers[l]));
    (total(densities) < density ? low : high) = x;
  }
  return densities;
}

}  // namespace

TEST_CASE("distribution: uniform, ERK and equal numbers meet the density", "[algo][oracle]") {
  const double density = GENERATE(0.02, 0.1, 0.3, 0.7, 0.95, 1.0);
  const std::vector<double> uniform = layer_densities(Distribution::uniform, layers, density);
  CHECK(std::all_of(uniform.begin(), uniform.end(), [&](double d) { return d == density; }));
  const auto erk_share = [](const WeightShape& l) {
    return (l.in_channels + l.out_channels + 2.0 * l.kernel) / static_cast<double>(l.count());
  };
  const auto equal_share = [](const WeightShape& l) { return 1 / static_cast<double>(l.count()); };
  const std::vector<double> erk = layer_densities(Distribution::erk, layers, density);
  const std::vector<double> equal = layer_densities(Distribution::equal_per_layer, layers, density);
  const std::vector<double> erk_expected = by_bisection(density, erk_share);
  const std::vector<double> equal_expected = by_bisection(density, equal_share);
  for (std::size_t l = 0; l < layers.size(); ++l) {
    CHECK(erk[l] == Approx(erk_expected[l]));
    CHECK(equal[l] == Approx(equal_expected[l]));
  }
  CHECK(total(erk) == Approx(density));
  CHECK(total(equal) == Approx(density));
}

TEST_CASE("distribution: balanced freezing leaves half of the free weights kept", "[algo]") {
  // By hand: d = 0.3, F = 0.5: p = 0.7 - 0.25, r = 0.3 - 0.25.
  const LayerFreeze freeze = balanced_freeze(0.3, 0.5);
  CHECK(freeze.pruned == Approx(0.45));
  CHECK(freeze.locked == Approx(0.05));
  // d = 0.1, F = 0.5 would lock less than nothing: prune all that is frozen.
  CHECK(balanced_freeze(0.1, 0.5).pruned == Approx(0.5));
  CHECK(balanced_freeze(0.1, 0.5).locked == Approx(0.0));
  CHECK(balanced_freeze(0.9, 0.5).pruned == Approx(0.0));
  CHECK(balanced_freeze(0.9, 0.5).locked == Approx(0.5));
}

TEST_CASE("distribution: freezing per layer adds up to the network's", "[algo]") {
  const auto distribution = GENERATE(Distribution::uniform, Distribution::erk, Distribution::equal_per_layer);
  const std::vector<LayerFreeze> freezes =
      layer_freezes({0.4, 0.2, 0, distribution}, layers, std::vector<double>(layers.size(), 0.3));
  std::vector<double> pruned, locked;
  for (const LayerFreeze& freeze : freezes) {
    pruned.push_back(freeze.pruned);
    locked.push_back(freeze.locked);
    CHECK(freeze.pruned >= 0);
    CHECK(freeze.locked >= 0);
    CHECK(freeze.pruned + freeze.locked <= 1);
  }
  CHECK(total(pruned) == Approx(0.4));
  CHECK(total(locked) == Approx(0.2));
  const FreezeConfig balanced{0, 0, 0.6, distribution};
  for (const LayerFreeze& freeze : layer_freezes(balanced, layers, {0.5, 0.5, 0.5, 0.5, 0.5}))
    CHECK(freeze.pruned == Approx(freeze.locked).margin(1e-12));
}
