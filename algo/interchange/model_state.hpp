// SPDX-License-Identifier: Apache-2.0
// The numbers of a network apart from its trainer: what comes from, and goes to, other projects' files.
//
// Shape     weights are taps x I x O, as in Graph; norms have one value per channel.
// Units     real units: PyTorch's values. Statistics are those of weights * input, sigma included.
// Numerics  a masked weight is value * level. Levels from scores, n of them, pruned fraction q per coat:
//           count: the n - floor(q n) largest |s|, ties by place (hidden-networks, hidden-fold-networks);
//           percentile: all |s| >= the (1 + floor(q (n - 1)))-th smallest, from 0 (multicoated-supermasks).
// Errors    a state that does not fit its graph, masks that are still to be made: wd::Error naming the
//           layer.
// Source    the published code of the three repositories (name_map.hpp)
// Test      model_state_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "algo/graph/graph.hpp"

namespace wd::algo {

struct WeightState {
  std::optional<std::vector<float>> values;         // frozen or trained, with their sign
  std::optional<std::vector<float>> scores;         // absent: the layer has no mask
  std::optional<std::vector<std::uint8_t>> levels;  // how many coats keep each weight
};

/// Batch norms have all four; the other kinds have no mean and variance. Not learned: gamma 1, beta 0.
struct NormState {
  std::vector<float> gamma, beta, mean, variance;
};

/// One entry per weight array and norm of the graph.
struct ModelState {
  std::vector<WeightState> weights;
  std::vector<NormState> norms;
};

/// What the training executor adds to the variance of a batch norm; files with another one have their variances
/// shifted.
inline constexpr double batch_norm_epsilon = 1e-5;

enum class RankRule { count, percentile };

/// @param pruned ascending fractions, one per coat.
std::vector<std::uint8_t> levels_from_scores(std::span<const float> scores, std::span<const double> pruned,
                                             RankRule rule);
/// Fills in the levels of every layer that has scores and no levels yet.
void apply_masks(ModelState& state, std::span<const double> pruned, RankRule rule);

/// value * level, or the values of a layer without mask. @param name the layer's, for messages.
std::vector<float> effective_weights(const WeightState& weights, const std::string& name);

/// The magnitude that all values share within one part in 10^5 (signed constant weights); absent otherwise.
std::optional<float> constant_magnitude(std::span<const float> values);

/// |s| with the sign of the value: with learned signs, these scores make the same masks and signs.
std::vector<float> signed_scores(const WeightState& weights, const std::string& name);

/// @param origin what messages call the state.
void check(const Graph& graph, const ModelState& state, const std::string& origin);

/// O x I x taps (PyTorch, ONNX) to taps x I x O, and back.
template <typename Element>
std::vector<Element> from_output_major(std::span<const Element> values, const WeightShape& shape);
template <typename Element>
std::vector<Element> to_output_major(std::span<const Element> values, const WeightShape& shape);

}  // namespace wd::algo
