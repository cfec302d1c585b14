// SPDX-License-Identifier: Apache-2.0
#include "algo/interchange/model_state.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.hpp"

namespace wd::algo {

namespace {

/// Adds one to the level of each score that the coat keeps.
void add_coat(std::span<const float> scores, double pruned, RankRule rule,
              std::vector<std::uint8_t>& levels) {
  const std::size_t count = scores.size();
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0u);
  const auto magnitude = [&](std::uint32_t at) { return std::abs(scores[at]); };
  const auto smaller = [&](std::uint32_t left, std::uint32_t right) {
    return magnitude(left) != magnitude(right) ? magnitude(left) < magnitude(right) : left < right;
  };
  const double places = static_cast<double>(rule == RankRule::count ? count : count - 1);
  const auto first = static_cast<std::size_t>(pruned * places) + (rule == RankRule::count ? 0 : 1);
  if (first >= count) return;
  const auto nth = order.begin() + static_cast<std::ptrdiff_t>(first);
  std::nth_element(order.begin(), nth, order.end(), smaller);
  if (rule == RankRule::count) {
    std::for_each(nth, order.end(), [&](std::uint32_t at) { ++levels[at]; });
    return;
  }
  const float threshold = magnitude(*nth);
  for (std::size_t i = 0; i < count; ++i)
    if (std::abs(scores[i]) >= threshold) ++levels[i];
}

std::size_t place_from(std::size_t tap, std::size_t in, std::size_t out, std::size_t taps,
                       std::size_t inputs) {
  return (out * inputs + in) * taps + tap;
}

/// Calls move(place in O x I x taps, place in taps x I x O) for every weight.
template <typename Move>
void each_place(const WeightShape& shape, Move move) {
  const auto kernel = static_cast<std::size_t>(shape.kernel);
  const std::size_t taps = kernel * kernel, inputs = static_cast<std::size_t>(shape.in_channels),
                    outputs = static_cast<std::size_t>(shape.out_channels);
  std::size_t to = 0;
  for (std::size_t tap = 0; tap < taps; ++tap)
    for (std::size_t in = 0; in < inputs; ++in)
      for (std::size_t out = 0; out < outputs; ++out) move(place_from(tap, in, out, taps, inputs), to++);
}

}  // namespace

std::vector<std::uint8_t> levels_from_scores(std::span<const float> scores, std::span<const double> pruned,
                                             RankRule rule) {
  std::vector<std::uint8_t> levels(scores.size(), 0);
  for (const double fraction : pruned) {
    WD_REQUIRE(fraction >= 0 && fraction < 1, "masks: a pruned fraction is ", fraction,
               ", must be 0 to below 1");
    if (!scores.empty()) add_coat(scores, fraction, rule, levels);
  }
  return levels;
}

void apply_masks(ModelState& state, std::span<const double> pruned, RankRule rule) {
  WD_REQUIRE(!pruned.empty() && pruned.size() <= 7 && std::is_sorted(pruned.begin(), pruned.end()),
             "masks: there are ", pruned.size(), " pruned fractions, must be 1 to 7, ascending");
  for (WeightState& weights : state.weights)
    if (weights.scores && !weights.levels) weights.levels = levels_from_scores(*weights.scores, pruned, rule);
}

std::vector<float> effective_weights(const WeightState& weights, const std::string& name) {
  WD_REQUIRE(weights.values.has_value(), "weights '", name,
             "' have no values; import a file that holds them, or make them from the seed");
  WD_REQUIRE(weights.levels || !weights.scores, "weights '", name,
             "' have scores but no mask yet; give the pruned fractions of the coats");
  std::vector<float> effective = *weights.values;
  if (weights.levels)
    for (std::size_t i = 0; i < effective.size(); ++i)
      effective[i] *= static_cast<float>((*weights.levels)[i]);
  return effective;
}

std::optional<float> constant_magnitude(std::span<const float> values) {
  if (values.empty() || values.front() == 0) return std::nullopt;
  const float magnitude = std::abs(values.front());
  for (const float value : values)
    if (!(std::abs(std::abs(value) - magnitude) <= 1e-5f * magnitude)) return std::nullopt;
  return magnitude;
}

std::vector<float> signed_scores(const WeightState& weights, const std::string& name) {
  WD_REQUIRE(weights.values && weights.scores, "weights '", name, "' lack values or scores; both are needed");
  std::vector<float> scores = *weights.scores;
  for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = std::copysign(scores[i], (*weights.values)[i]);
  return scores;
}

void check(const Graph& graph, const ModelState& state, const std::string& origin) {
  WD_REQUIRE(state.weights.size() == graph.weights.size() && state.norms.size() == graph.norms.size(), origin,
             ": has ", state.weights.size(), " weight arrays and ", state.norms.size(),
             " norms, the network has ", graph.weights.size(), " and ", graph.norms.size(),
             "; use the state with its own network");
  const auto require_size = [&](const std::string& name, const char* what, std::size_t size,
                                std::size_t wanted) {
    WD_REQUIRE(size == wanted, origin, ": '", name, "' has ", size, " ", what, ", the network has ", wanted);
  };
  for (std::size_t i = 0; i < graph.weights.size(); ++i) {
    const WeightShape& shape = graph.weights[i];
    const WeightState& weights = state.weights[i];
    if (weights.values) require_size(shape.name, "weights", weights.values->size(), shape.count());
    if (weights.scores) require_size(shape.name, "scores", weights.scores->size(), shape.count());
    if (weights.levels) require_size(shape.name, "levels", weights.levels->size(), shape.count());
  }
  for (std::size_t i = 0; i < graph.norms.size(); ++i) {
    const NormShape& shape = graph.norms[i];
    const NormState& norm = state.norms[i];
    const auto channels = static_cast<std::size_t>(shape.channels);
    const std::size_t statistics = shape.kind == NormKind::batch ? channels : 0;
    require_size(shape.name, "gains", norm.gamma.size(), channels);
    require_size(shape.name, "offsets", norm.beta.size(), channels);
    require_size(shape.name, "means", norm.mean.size(), statistics);
    require_size(shape.name, "variances", norm.variance.size(), statistics);
  }
}

template <typename Element>
std::vector<Element> from_output_major(std::span<const Element> values, const WeightShape& shape) {
  WD_ASSERT(values.size() == shape.count());
  std::vector<Element> moved(values.size());
  each_place(shape, [&](std::size_t output_major, std::size_t tap_major) {
    moved[tap_major] = values[output_major];
  });
  return moved;
}

template <typename Element>
std::vector<Element> to_output_major(std::span<const Element> values, const WeightShape& shape) {
  WD_ASSERT(values.size() == shape.count());
  std::vector<Element> moved(values.size());
  each_place(shape, [&](std::size_t output_major, std::size_t tap_major) {
    moved[output_major] = values[tap_major];
  });
  return moved;
}

template std::vector<float> from_output_major(std::span<const float>, const WeightShape&);
template std::vector<std::uint8_t> from_output_major(std::span<const std::uint8_t>, const WeightShape&);
template std::vector<float> to_output_major(std::span<const float>, const WeightShape&);
template std::vector<std::uint8_t> to_output_major(std::span<const std::uint8_t>, const WeightShape&);

}  // namespace wd::algo
