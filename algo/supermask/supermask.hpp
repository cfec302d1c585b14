// SPDX-License-Identifier: Apache-2.0
// One layer's multicoated supermask: learned scores that select among frozen random signs.
//
// Shape     arrays are taps x I x O while training; levels() exports O x KH x KW x I.
// Numerics  weight = sign * level, level = number of coats that keep it (thresholds recomputed after
//           every update); the real weight is sigma times that, and sigma joins the batch norm.
//           Straight-through gradient: ds = coats * dweight * sign(weight) * sign(s). Scores start
//           as kaiming-normal (fan-in) and follow SGD with momentum.
// Source    Okoshi et al., Multicoated Supermasks, ICML 2022; seed: random_bits(seed, signs, layer)
// Test      supermask_test.cpp
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "algo/kernels/buffer.hpp"
#include "algo/layers/conv.hpp"

namespace wd::algo {

struct CoatConfig {
  int coats = 3;
  std::vector<double> pruned{0.7, 0.9212, 0.9685};  // ascending, one per coat
};

struct ScoreStep {
  double rate = 0, momentum = 0, decay = 0;
};

class Supermask {
 public:
  /// @param layer its place in the network: picks the random streams.
  /// @param packed whether the convolution's panels are needed (the classifier has none).
  Supermask(std::string name, const ConvShape& shape, const CoatConfig& config, std::uint64_t seed,
            std::uint32_t layer, bool packed);

  void zero_gradient() { gradient.fill(0); }
  void update(const ScoreStep& step);
  /// Recomputes thresholds and weights from the scores; call after changing them.
  void refresh();

  const std::string& name() const { return name_; }
  const ConvShape& shape() const { return shape_; }
  std::size_t count() const { return scores.size(); }
  int coats() const { return config_.coats; }
  double sigma() const { return sigma_; }
  std::uint64_t sign_seed() const { return sign_seed_; }
  const std::vector<float>& thresholds() const { return thresholds_; }
  const Buffer& signs() const { return signs_; }
  const Buffer& weights() const { return weights_; }
  PackedWeights packed() const { return {forward_.data(), backward_.data()}; }
  std::vector<std::uint8_t> levels() const;

  Buffer scores, velocity, gradient;

 private:
  std::size_t flat_index(std::size_t at) const;

  std::string name_;
  ConvShape shape_;
  CoatConfig config_;
  double sigma_;
  std::uint64_t sign_seed_;
  Buffer signs_, weights_, forward_, backward_;
  std::vector<float> thresholds_;
};

}  // namespace wd::algo
