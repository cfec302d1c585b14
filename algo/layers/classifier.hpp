// SPDX-License-Identifier: Apache-2.0
// Global average pooling, the masked linear classifier, and softmax cross entropy.
//
// Shape     features: P x B x C; logits: B x K; weights: C x K in units of sigma.
// Numerics  features are summed, not averaged: logits = sigma / P * (sum over positions) * weights,
//           as the hardware's pooled convolution does.
// Test      layers_test.cpp (finite differences)
#pragma once

#include <cstdint>
#include <span>

#include "algo/kernels/buffer.hpp"

namespace wd::algo {

class PoolClassifier {
 public:
  PoolClassifier(std::size_t positions, std::size_t batch, std::size_t channels, std::size_t classes,
                 double sigma);

  void forward(const float* features, const float* weights) { forward(features, weights, scale_); }
  /// With another factor than scale() between sums and logits.
  void forward(const float* features, const float* weights, double scale);
  /// From dlogits(): dweights (accumulating) and dfeatures.
  void backward(const float* weights, float* dweights, float* dfeatures);

  /// Sets dlogits to the mean loss's gradient and returns the mean loss.
  double loss(std::span<const std::uint8_t> labels, double label_smoothing);
  std::uint8_t predicted(std::size_t image) const;

  Buffer& logits() { return logits_; }
  const Buffer& logits() const { return logits_; }
  Buffer& dlogits() { return dlogits_; }
  double scale() const { return scale_; }  // sigma / P

 private:
  std::size_t positions_, batch_, channels_, classes_;
  double scale_;
  Buffer pooled_, logits_, dlogits_, dpooled_;
};

}  // namespace wd::algo
