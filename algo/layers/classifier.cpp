// SPDX-License-Identifier: Apache-2.0
#include "algo/layers/classifier.hpp"

#include <algorithm>
#include <cmath>

#include "algo/kernels/kernels.hpp"

namespace wd::algo {

PoolClassifier::PoolClassifier(std::size_t positions, std::size_t batch, std::size_t channels,
                               std::size_t classes, double sigma)
    : positions_(positions),
      batch_(batch),
      channels_(channels),
      classes_(classes),
      scale_(sigma / static_cast<double>(positions)),
      pooled_(batch * channels),
      logits_(batch * classes),
      dlogits_(batch * classes),
      dpooled_(batch * channels) {}

void PoolClassifier::forward(const float* features, const float* weights, double factor) {
  const std::size_t plane = batch_ * channels_;
  for (std::size_t p = 0; p < positions_; ++p)
    kernels().add(plane, features + p * plane, pooled_.data(), p > 0);
  logits_.fill(0);
  const auto scale = static_cast<float>(factor);
  for (std::size_t b = 0; b < batch_; ++b) {
    float* out = logits_.data() + b * classes_;
    for (std::size_t c = 0; c < channels_; ++c)
      for (std::size_t k = 0; k < classes_; ++k)
        out[k] += pooled_[b * channels_ + c] * weights[c * classes_ + k];
    for (std::size_t k = 0; k < classes_; ++k) out[k] *= scale;
  }
}

void PoolClassifier::backward(const float* weights, float* dweights, float* dfeatures) {
  const auto scale = static_cast<float>(scale_);
  for (std::size_t b = 0; b < batch_; ++b) {
    const float* d = dlogits_.data() + b * classes_;
    for (std::size_t c = 0; c < channels_; ++c) {
      const float feature = pooled_[b * channels_ + c] * scale;
      float sum = 0;
      for (std::size_t k = 0; k < classes_; ++k) {
        sum += d[k] * weights[c * classes_ + k];
        dweights[c * classes_ + k] += feature * d[k];
      }
      dpooled_[b * channels_ + c] = sum * scale;
    }
  }
  const std::size_t plane = batch_ * channels_;
  for (std::size_t p = 0; p < positions_; ++p)
    kernels().add(plane, dpooled_.data(), dfeatures + p * plane, false);
}

double PoolClassifier::loss(std::span<const std::uint8_t> labels, double label_smoothing) {
  const double other = label_smoothing / static_cast<double>(classes_);
  double total = 0;
  for (std::size_t b = 0; b < batch_; ++b) {
    const float* row = logits_.data() + b * classes_;
    const double most = *std::max_element(row, row + classes_);
    double sum = 0;
    for (std::size_t k = 0; k < classes_; ++k) sum += std::exp(row[k] - most);
    for (std::size_t k = 0; k < classes_; ++k) {
      const double log_probability = row[k] - most - std::log(sum);
      const double target = other + (k == labels[b] ? 1 - label_smoothing : 0);
      total -= target * log_probability;
      dlogits_[b * classes_ + k] =
          static_cast<float>((std::exp(log_probability) - target) / static_cast<double>(batch_));
    }
  }
  return total / static_cast<double>(batch_);
}

std::uint8_t PoolClassifier::predicted(std::size_t image) const {
  const float* row = logits_.data() + image * classes_;
  return static_cast<std::uint8_t>(std::max_element(row, row + classes_) - row);
}

}  // namespace wd::algo
