// SPDX-License-Identifier: Apache-2.0
#include "algo/layers/affine_norm.hpp"

#include "algo/kernels/elementwise.hpp"
#include "base/error.hpp"

namespace wd::algo {

template <typename T>
AffineNorm<T>::AffineNorm(NormParameters& parameters, std::size_t chunks, std::size_t stored, double sigma)
    : parameters_(&parameters),
      stored_(stored),
      sigma_(sigma),
      sums_(chunks, 2, stored),
      scale_(stored),
      shift_(stored),
      zero_(stored) {
  WD_ASSERT(stored >= parameters.channels() && stored % 16 == 0);
  refresh();
}

template <typename T>
void AffineNorm<T>::refresh() {
  const std::vector<ChannelAffine> whole = affine();
  for (std::size_t c = 0; c < whole.size(); ++c) {
    scale_[c] = static_cast<float>(whole[c].factor);
    shift_[c] = static_cast<float>(whole[c].offset);
  }
}

template <typename T>
void AffineNorm<T>::normalize(std::size_t rows, const T* raw, const T* residual, Activation activation,
                              T* out) const {
  elementwise<T>().normalize(rows, stored_, raw, scale_.data(), shift_.data(), residual, activation, out);
}

template <typename T>
void AffineNorm<T>::collect_gradient(std::size_t chunk, std::size_t rows, T* dy, const T* y, const T* raw,
                                     const T* residual, Activation activation) {
  const ActivationInput<T> at{activation, y, residual, scale_.data(), shift_.data()};
  if (parameters_->learned)
    elementwise<T>().norm_gradient_sums(rows, stored_, raw, at, zero_.data(), dy, sums_.at(chunk, 0),
                                        sums_.at(chunk, 1));
  else
    elementwise<T>().activation_gradient(rows, stored_, raw, at, dy);
}

template <typename T>
void AffineNorm<T>::finish_gradient() {
  if (!parameters_->learned) return;
  const std::vector<double> sum = sums_.total(0), product = sums_.total(1);
  for (std::size_t c = 0; c < parameters_->channels(); ++c) {
    parameters_->beta.gradient[c] += static_cast<float>(sum[c]);
    parameters_->gamma.gradient[c] += static_cast<float>(sigma_ * product[c]);
  }
}

template <typename T>
void AffineNorm<T>::input_gradient(std::size_t rows, const T* dy, T* draw, bool accumulate) const {
  elementwise<T>().scale_channels(rows, stored_, dy, scale_.data(), draw, accumulate);
}

template <typename T>
std::vector<ChannelAffine> AffineNorm<T>::affine() const {
  std::vector<ChannelAffine> result;
  for (std::size_t c = 0; c < parameters_->channels(); ++c)
    result.push_back({sigma_ * static_cast<double>(parameters_->gamma.value[c]),
                      static_cast<double>(parameters_->beta.value[c])});
  return result;
}

template class AffineNorm<float>;
template class AffineNorm<BFloat16>;

}  // namespace wd::algo
