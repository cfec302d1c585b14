// SPDX-License-Identifier: Apache-2.0
#include "algo/layers/batch_norm.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "algo/kernels/elementwise.hpp"
#include "base/error.hpp"

namespace wd::algo {
namespace {

constexpr double epsilon = 1e-5, running_rate = 0.1;

void move_towards(float& value, double target) {
  value = static_cast<float>(value + running_rate * (target - value));
}

}  // namespace

template <typename T>
BatchNorm<T>::BatchNorm(NormParameters& parameters, std::size_t chunks, std::size_t samples,
                        std::size_t stored, double sigma)
    : parameters_(&parameters),
      stored_(stored),
      samples_(samples),
      sigma_(sigma),
      moments_(chunks, 3, stored),
      sums_(chunks, 2, stored),
      rows_(chunks),
      inverse_(parameters.channels()),
      batch_(parameters.running) {
  WD_ASSERT(stored >= parameters.channels() && stored % 16 == 0);
  for (Buffer* buffer : {&mean_, &scale_, &shift_, &dy_factor_, &raw_factor_, &constant_})
    *buffer = Buffer(stored);
}

template <typename T>
void BatchNorm<T>::collect(std::size_t chunk, std::size_t rows, const T* raw) {
  rows_[chunk] = rows;
  elementwise<T>().channel_sums(rows, stored_, raw, moments_.at(chunk, 0), moments_.at(chunk, 1),
                                moments_.at(chunk, 2));
}

template <typename T>
auto BatchNorm<T>::join_chunks() const -> Moments {
  const std::size_t channels = parameters_->channels();
  const auto count = static_cast<double>(samples_);
  Moments joined{std::vector<double>(channels), std::vector<double>(channels)};
  for (std::size_t chunk = 0; chunk < rows_.size(); ++chunk) {
    const float *pivot = moments_.at(chunk, 0), *sum = moments_.at(chunk, 1);
    const auto rows = static_cast<double>(rows_[chunk]);
    for (std::size_t c = 0; c < channels; ++c)
      joined.mean[c] += rows * static_cast<double>(pivot[c]) + static_cast<double>(sum[c]);
  }
  for (double& mean : joined.mean) mean /= count;
  for (std::size_t chunk = 0; chunk < rows_.size(); ++chunk) {
    const float *pivot = moments_.at(chunk, 0), *sum = moments_.at(chunk, 1), *square = moments_.at(chunk, 2);
    const auto rows = static_cast<double>(rows_[chunk]);
    for (std::size_t c = 0; c < channels; ++c) {
      const double apart = static_cast<double>(pivot[c]) - joined.mean[c];
      joined.variance[c] +=
          static_cast<double>(square[c]) + apart * (2 * static_cast<double>(sum[c]) + rows * apart);
    }
  }
  for (double& variance : joined.variance) variance = std::max(0.0, variance / count);
  return joined;
}

template <typename T>
void BatchNorm<T>::finish_statistics(bool update_running) {
  WD_ASSERT(std::accumulate(rows_.begin(), rows_.end(), std::size_t{0}) == samples_);
  const Moments joined = join_chunks();
  const double unbiased =
      static_cast<double>(samples_) / static_cast<double>(std::max<std::size_t>(samples_ - 1, 1));
  ChannelStatistics& running = parameters_->running;
  for (std::size_t c = 0; c < inverse_.size(); ++c) {
    const double mean = sigma_ * joined.mean[c], variance = sigma_ * sigma_ * joined.variance[c];
    batch_.mean[c] = static_cast<float>(mean);
    batch_.variance[c] = static_cast<float>(variance);
    if (!update_running) continue;
    move_towards(running.mean[c], mean);
    move_towards(running.variance[c], unbiased * variance);
  }
  use_statistics(batch_);
}

template <typename T>
void BatchNorm<T>::use_statistics(const ChannelStatistics& statistics) {
  WD_ASSERT(statistics.mean.size() == inverse_.size());
  const std::vector<ChannelAffine> whole = affine(statistics);
  for (std::size_t c = 0; c < inverse_.size(); ++c) {
    inverse_[c] = sigma_ / std::sqrt(static_cast<double>(statistics.variance[c]) + epsilon);
    mean_[c] = static_cast<float>(statistics.mean[c] / sigma_);
    scale_[c] = static_cast<float>(whole[c].factor);
    shift_[c] = static_cast<float>(whole[c].offset);
  }
}

template <typename T>
void BatchNorm<T>::normalize(std::size_t rows, const T* raw, const T* residual, Activation activation,
                             T* out) const {
  elementwise<T>().normalize(rows, stored_, raw, scale_.data(), shift_.data(), residual, activation, out);
}

template <typename T>
void BatchNorm<T>::collect_gradient(std::size_t chunk, std::size_t rows, T* dy, const T* y, const T* raw,
                                    const T* residual, Activation activation) {
  elementwise<T>().norm_gradient_sums(rows, stored_, raw,
                                      {activation, y, residual, scale_.data(), shift_.data()}, mean_.data(),
                                      dy, sums_.at(chunk, 0), sums_.at(chunk, 1));
}

template <typename T>
void BatchNorm<T>::finish_gradient() {
  const std::vector<double> sum = sums_.total(0), product = sums_.total(1);
  const auto count = static_cast<double>(samples_);
  NormParameters& p = *parameters_;
  for (std::size_t c = 0; c < inverse_.size(); ++c) {
    const double inverse = inverse_[c], factor = static_cast<double>(p.gamma.value[c]) * inverse;
    dy_factor_[c] = static_cast<float>(factor);
    raw_factor_[c] = static_cast<float>(-factor * inverse * inverse * product[c] / count);
    constant_[c] = static_cast<float>(-factor * sum[c] / count);
    if (!p.learned) continue;
    p.beta.gradient[c] += static_cast<float>(sum[c]);
    p.gamma.gradient[c] += static_cast<float>(product[c] * inverse);
  }
}

template <typename T>
void BatchNorm<T>::input_gradient(std::size_t rows, const T* dy, const T* raw, T* draw,
                                  bool accumulate) const {
  elementwise<T>().norm_gradient(rows, stored_, dy, raw, mean_.data(), dy_factor_.data(), raw_factor_.data(),
                                 constant_.data(), draw, accumulate);
}

template <typename T>
std::vector<ChannelAffine> BatchNorm<T>::affine(const ChannelStatistics& statistics) const {
  std::vector<ChannelAffine> result;
  for (std::size_t c = 0; c < inverse_.size(); ++c) {
    const double gamma = static_cast<double>(parameters_->gamma.value[c]);
    const double factor = gamma / std::sqrt(static_cast<double>(statistics.variance[c]) + epsilon);
    result.push_back({factor * sigma_, static_cast<double>(parameters_->beta.value[c]) -
                                           factor * static_cast<double>(statistics.mean[c])});
  }
  return result;
}

template class BatchNorm<float>;
template class BatchNorm<BFloat16>;

}  // namespace wd::algo
