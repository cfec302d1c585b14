// SPDX-License-Identifier: Apache-2.0
#include "algo/layers/layer_norm.hpp"

#include <algorithm>

#include "algo/kernels/elementwise.hpp"
#include "base/error.hpp"

namespace wd::algo {

template <typename T>
LayerNorm<T>::LayerNorm(NormParameters& parameters, std::size_t chunks, std::size_t stored, double sigma)
    : parameters_(&parameters),
      stored_(stored),
      sigma_(sigma),
      sums_(chunks, 2, stored),
      gamma_(stored),
      beta_(stored) {
  WD_ASSERT(stored >= parameters.channels() && stored % 16 == 0);
  refresh();
}

template <typename T>
void LayerNorm<T>::refresh() {
  std::copy(parameters_->gamma.value.begin(), parameters_->gamma.value.end(), gamma_.begin());
  std::copy(parameters_->beta.value.begin(), parameters_->beta.value.end(), beta_.begin());
}

template <typename T>
LayerNormChannels LayerNorm<T>::channels() const {
  return {stored_, parameters_->channels(), gamma_.data(), beta_.data(),
          static_cast<float>(parameters_->epsilon / (sigma_ * sigma_))};
}

template <typename T>
void LayerNorm<T>::normalize(std::size_t rows, const T* raw, const T* residual, Activation activation,
                             T* out) const {
  elementwise<T>().layer_normalize(rows, channels(), raw, residual, activation, out);
}

template <typename T>
void LayerNorm<T>::collect_gradient(std::size_t chunk, std::size_t rows, T* dy, const T* y, const T* raw,
                                    const T* residual, Activation activation) {
  elementwise<T>().layer_gradient_sums(rows, channels(), raw, {activation, y, residual, nullptr, nullptr}, dy,
                                       sums_.at(chunk, 0), sums_.at(chunk, 1));
}

template <typename T>
void LayerNorm<T>::finish_gradient() {
  if (!parameters_->learned) return;
  const std::vector<double> sum = sums_.total(0), product = sums_.total(1);
  for (std::size_t c = 0; c < parameters_->channels(); ++c) {
    parameters_->beta.gradient[c] += static_cast<float>(sum[c]);
    parameters_->gamma.gradient[c] += static_cast<float>(product[c]);
  }
}

template <typename T>
void LayerNorm<T>::input_gradient(std::size_t rows, const T* dy, const T* raw, T* draw,
                                  bool accumulate) const {
  elementwise<T>().layer_gradient(rows, channels(), dy, raw, draw, accumulate);
}

template class LayerNorm<float>;
template class LayerNorm<BFloat16>;

}  // namespace wd::algo
