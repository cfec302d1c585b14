// SPDX-License-Identifier: Apache-2.0
#include "algo/interchange/executor_state.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"

namespace wd::algo {
namespace {

int highest_level(const ModelState& state) {
  int highest = 1;
  for (const WeightState& w : state.weights)
    for (std::uint8_t level : *w.levels) highest = std::max(highest, int{level});
  return highest;
}

void load_mask(Supermask& mask, const WeightState& weights, const std::string& origin) {
  const std::vector<float>& values = *weights.values;
  const std::vector<std::uint8_t>& levels = *weights.levels;
  std::vector<double> pruned;
  for (int coat = 1; coat <= mask.coats(); ++coat) {
    const auto below = std::count_if(levels.begin(), levels.end(), [&](std::uint8_t l) { return l < coat; });
    WD_REQUIRE(static_cast<std::size_t>(below) < levels.size(), origin, ": layer '", mask.name(),
               "': no weight is in coat ", coat, "; import with fewer coats");
    // Half a weight more than the count, so that rounding down finds the count itself.
    pruned.push_back((static_cast<double>(below) + 0.5) / static_cast<double>(levels.size()));
  }
  mask.set_pruned(pruned);
  for (std::size_t i = 0; i < levels.size(); ++i)
    mask.scores.value[i] = std::copysign(static_cast<float>(levels[i]), values[i]);
}

void load_norm(NormParameters& norm, const NormState& state) {
  std::copy(state.gamma.begin(), state.gamma.end(), norm.gamma.value.begin());
  std::copy(state.beta.begin(), state.beta.end(), norm.beta.value.begin());
  if (norm.kind == NormKind::batch) norm.running = {state.mean, state.variance};
}

WeightState weight_state(const Supermask& mask) {
  WeightState state;
  std::vector<float> values(mask.count());
  if (!mask.exportable()) {  // dense weights, or normal ones: as they are used
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = static_cast<float>(mask.sigma()) * mask.weights()[i];
    state.values = std::move(values);
    return state;
  }
  std::vector<std::uint8_t> levels(mask.count());
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(mask.negative(i) ? -mask.sigma() : mask.sigma());
    levels[i] = static_cast<std::uint8_t>(mask.level(i));
  }
  state.values = std::move(values);
  state.levels = std::move(levels);
  state.scores = std::vector<float>(mask.scores.value.begin(), mask.scores.value.end());
  return state;
}

}  // namespace

void recover_masks(ModelState& state) {
  constexpr float most = 7, tolerance = 1e-3f;
  for (WeightState& weights : state.weights) {
    if (weights.levels || weights.scores || !weights.values) continue;
    float unit = 0;
    for (float value : *weights.values)
      if (value != 0 && (unit == 0 || std::abs(value) < unit)) unit = std::abs(value);
    if (unit == 0) continue;
    std::vector<std::uint8_t> levels;
    std::vector<float> signs;
    for (float value : *weights.values) {
      const float level = std::abs(value) / unit;
      if (level > most + tolerance || std::abs(level - std::round(level)) > tolerance) break;
      levels.push_back(static_cast<std::uint8_t>(std::lround(level)));
      signs.push_back(std::copysign(unit, value));
    }
    if (levels.size() != weights.values->size()) continue;
    weights.levels = std::move(levels);
    weights.values = std::move(signs);
  }
}

bool is_masked(const ModelState& state) {
  return std::all_of(state.weights.begin(), state.weights.end(), [](const WeightState& w) {
    return w.levels && w.values && constant_magnitude(*w.values);
  });
}

MaskConfig mask_config_for(const ModelState& state) {
  MaskConfig config;
  if (!is_masked(state)) {
    config.method = MaskMethod::dense;
    return config;
  }
  config.signs = MaskSigns::learned;
  config.coats = highest_level(state);
  config.schedule = CoatSchedule::uniform;
  config.pruned = coat_fractions(CoatSchedule::uniform, config.coats, 0.7);  // replaced layer by layer
  return config;
}

void load_state(Executor& executor, const ModelState& state, const std::string& origin) {
  check(executor.graph(), state, origin);
  for (std::size_t w = 0; w < state.weights.size(); ++w) {
    Supermask& mask = executor.masks()[w];
    if (mask.dense()) {
      const std::vector<float> values = effective_weights(state.weights[w], mask.name());
      std::copy(values.begin(), values.end(), mask.scores.value.begin());
    } else {
      load_mask(mask, state.weights[w], origin);
    }
  }
  for (std::size_t n = 0; n < state.norms.size(); ++n) load_norm(executor.norms()[n], state.norms[n]);
  executor.refresh();
}

ModelState state_of(const Executor& executor) {
  ModelState state;
  for (const Supermask& mask : executor.masks().layers()) state.weights.push_back(weight_state(mask));
  for (const NormParameters& norm : executor.norms()) {
    NormState n{{norm.gamma.value.begin(), norm.gamma.value.end()},
                {norm.beta.value.begin(), norm.beta.value.end()},
                {},
                {}};
    if (norm.kind == NormKind::batch) {
      n.mean = norm.running.mean;
      n.variance = norm.running.variance;
    }
    state.norms.push_back(std::move(n));
  }
  return state;
}

}  // namespace wd::algo
