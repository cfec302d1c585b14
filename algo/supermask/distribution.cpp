// SPDX-License-Identifier: Apache-2.0
#include "algo/supermask/distribution.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace wd::algo {
namespace {

/// Densities in proportion to `share`, at most 1 each, that together keep `density` of all weights.
std::vector<double> proportional(const std::vector<double>& share, const std::vector<WeightShape>& layers,
                                 double density) {
  double wanted = 0;  // weights that the layers below density 1 have to keep
  for (const WeightShape& layer : layers) wanted += density * static_cast<double>(layer.count());
  std::vector<double> densities(layers.size(), -1);
  for (bool settled = false; !settled;) {
    double total = 0;
    for (std::size_t l = 0; l < layers.size(); ++l)
      if (densities[l] < 0) total += share[l] * static_cast<double>(layers[l].count());
    settled = true;
    const double scale = total > 0 ? wanted / total : 0;
    for (std::size_t l = 0; l < layers.size(); ++l) {
      if (densities[l] >= 0 || scale * share[l] <= 1) continue;
      densities[l] = 1;
      wanted -= static_cast<double>(layers[l].count());
      settled = false;
    }
    if (settled)
      for (std::size_t l = 0; l < layers.size(); ++l)
        if (densities[l] < 0) densities[l] = std::clamp(scale * share[l], 0.0, 1.0);
  }
  return densities;
}

}  // namespace

std::vector<double> layer_densities(Distribution distribution, const std::vector<WeightShape>& layers,
                                    double density) {
  WD_ASSERT(density >= 0 && density <= 1);
  std::vector<double> share;
  for (const WeightShape& layer : layers) {
    const double count = static_cast<double>(layer.count());
    switch (distribution) {
      case Distribution::uniform:
        return std::vector<double>(layers.size(), density);
      case Distribution::erk:
        share.push_back((layer.in_channels + layer.out_channels + 2.0 * layer.kernel) / count);
        break;
      case Distribution::equal_per_layer:
        share.push_back(1 / count);
        break;
    }
  }
  return proportional(share, layers, density);
}

std::vector<double> scaled_coats(const std::vector<double>& pruned, double density) {
  std::vector<double> scaled;
  for (double q : pruned) scaled.push_back(1 - (1 - q) * density / (1 - pruned.front()));
  return scaled;
}

std::vector<double> warmed_coats(const MaskConfig& config, double epoch) {
  const SparsityWarmup& warmup = config.sparsity_warmup;
  if (epoch >= warmup.epochs) return config.pruned;
  const double last = config.pruned.front(), left = 1 - epoch / warmup.epochs;
  const double first = std::clamp(last + (warmup.start - last) * left * left * left, warmup.start, last);
  std::vector<double> coats = scaled_coats(config.pruned, 1 - first);
  coats.front() = first;  // not what rounding makes of it
  return coats;
}

LayerFreeze balanced_freeze(double density, double frozen) {
  const double pruned = std::clamp((1 - density) - (1 - frozen) / 2, 0.0, frozen);
  return {pruned, frozen - pruned};
}

std::vector<LayerFreeze> layer_freezes(const FreezeConfig& freeze, const std::vector<WeightShape>& layers,
                                       const std::vector<double>& densities) {
  std::vector<LayerFreeze> freezes(layers.size());
  const double frozen = freeze.balanced > 0 ? freeze.balanced : freeze.pruned + freeze.locked;
  const std::vector<double> free = layer_densities(freeze.distribution, layers, 1 - std::min(frozen, 1.0));
  const std::vector<double> kept = layer_densities(freeze.distribution, layers, 1 - freeze.pruned);
  for (std::size_t l = 0; l < layers.size(); ++l)
    freezes[l] = freeze.balanced > 0 ? balanced_freeze(densities[l], 1 - free[l])
                                     : LayerFreeze{1 - kept[l], std::max(0.0, kept[l] - free[l])};
  return freezes;
}

}  // namespace wd::algo
