// SPDX-License-Identifier: Apache-2.0
// For tests: holds an executor's forward pass, loss and gradients to those of a PlainNetwork.
#pragma once

#include <catch2/catch.hpp>

#include "algo/executor/network_cases.hpp"
#include "algo/executor/plain_network.hpp"

namespace wd::algo {

inline constexpr int batch = 6;

/// Of the length of an array's gradient, and of gradients that vanish but for noise: an offset before a batch
/// norm.
struct Bound {
  double relative, absolute;
};

inline const LossTargets& targets() {
  static const std::vector<std::uint16_t> labels{3, 0, 9, 3, 5, 1}, partners{1, 3, 0, 9, 3, 5};
  static const LossTargets all{labels, partners, 0.7, 0.1};
  return all;
}

inline PlainNetwork plain_copy(Executor& executor) {
  PlainNetwork plain;
  plain.graph = executor.graph();
  plain.batch = executor.batch();
  plain.labels.assign(targets().labels.begin(), targets().labels.end());
  plain.partners.assign(targets().other.begin(), targets().other.end());
  plain.lambda = targets().lambda;
  plain.smoothing = targets().smoothing;
  for (const Supermask& mask : executor.masks().layers()) {
    plain.weights.emplace_back(mask.weights(), mask.weights() + mask.count());
    for (double& w : plain.weights.back()) w *= mask.sigma();
  }
  for (const NormParameters& norm : executor.norms()) {
    plain.gamma.emplace_back(norm.gamma.value.begin(), norm.gamma.value.end());
    plain.beta.emplace_back(norm.beta.value.begin(), norm.beta.value.end());
  }
  const std::vector<float> input = executor.values(0);
  plain.input.assign(input.begin(), input.end());
  return plain;
}

/// The largest difference, relative to the largest value.
template <typename Values>
double difference(const Values& values, const PlainValues& expected) {
  double worst = 0, largest = 1e-30;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    largest = std::max(largest, std::abs(expected[i]));
    const double error = std::abs(static_cast<double>(values[i]) - expected[i]);
    if (!(error <= worst)) worst = error;  // a NaN counts
  }
  return worst / largest;
}

/// Slopes of the loss along random directions and single values, against the gradient times `unit`.
inline void check_gradient(PlainNetwork& plain, PlainValues& values, const Buffer& gradient, double unit,
                           const Bound& bound) {
  const std::size_t count = values.size();
  double norm = 0;
  for (float g : gradient) norm += std::pow(static_cast<double>(g) * unit, 2);
  norm = std::sqrt(norm);
  REQUIRE(std::isfinite(norm));
  for (std::uint64_t n = 0; n < 6; ++n) {
    PlainValues direction(count);
    if (n < 3)
      direction = random_values(count, 900 + n);
    else
      direction[random_bits(n, RandomStream::shuffle, count) % count] = 1;
    double along = 0;
    for (std::size_t i = 0; i < count; ++i) along += static_cast<double>(gradient[i]) * unit * direction[i];
    INFO("direction " << n);
    CHECK(along ==
          Approx(slope(plain, values, direction)).epsilon(0).margin(bound.relative * norm + bound.absolute));
  }
}

inline void check_gradients(Executor& executor, PlainNetwork& plain, const Bound& bound) {
  for (std::size_t w = 0; w < executor.masks().size(); ++w) {
    const Supermask& mask = executor.masks()[w];
    INFO("gradient of weights " << mask.name());
    check_gradient(plain, plain.weights[w], mask.dweight, 1 / mask.sigma(), bound);
  }
  for (std::size_t n = 0; n < executor.norms().size(); ++n) {
    const NormParameters& norm = executor.norms()[n];
    INFO("gradients of " << norm.gamma.name << " and beta");
    if (norm.learned) {
      check_gradient(plain, plain.gamma[n], norm.gamma.gradient, 1, bound);
      check_gradient(plain, plain.beta[n], norm.beta.gradient, 1, bound);
    } else {
      for (const Buffer* gradient : {&norm.gamma.gradient, &norm.beta.gradient})
        CHECK(std::all_of(gradient->begin(), gradient->end(), [](float g) { return g == 0; }));
    }
  }
}

inline void check_activations(const Executor& executor, const std::vector<PlainValues>& expected,
                              double bound) {
  for (const Node& node : executor.graph().nodes) {
    INFO("output of " << node.name << " iteration " << node.iteration);
    CHECK(difference(executor.values(node.output), expected[static_cast<std::size_t>(node.output)]) < bound);
  }
}

}  // namespace wd::algo
