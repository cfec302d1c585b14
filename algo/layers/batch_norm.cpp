// SPDX-License-Identifier: Apache-2.0
#include "algo/layers/batch_norm.hpp"

#include <cmath>

#include "base/error.hpp"

namespace wd::algo {
namespace {

constexpr double epsilon = 1e-5, running_rate = 0.1;

}  // namespace

BatchNorm::BatchNorm(std::size_t channels, std::size_t chunks, std::size_t samples, double sigma)
    : channels_(channels),
      chunks_(chunks),
      samples_(samples),
      epsilon_(epsilon / (sigma * sigma)),
      partial_(chunks * 2 * channels) {
  for (Buffer* buffer : {&gamma, &beta, &gamma_velocity, &beta_velocity, &dgamma, &dbeta, &mean_, &inverse_,
                         &scale_, &shift_, &dy_factor_, &raw_factor_, &constant_})
    *buffer = Buffer(channels);
  gamma.fill(1);
  running = {std::vector<float>(channels, 0.0f),
             std::vector<float>(channels, static_cast<float>(1 / (sigma * sigma)))};
  batch_ = running;
}

double BatchNorm::inverse_deviation(double variance) const { return 1 / std::sqrt(variance + epsilon_); }

double BatchNorm::sum_over_chunks(std::size_t offset) const {
  double sum = 0;
  for (std::size_t chunk = 0; chunk < chunks_; ++chunk) sum += partial_[chunk * 2 * channels_ + offset];
  return sum;
}

void BatchNorm::collect(std::size_t chunk, std::size_t rows, const float* raw) {
  float* sums = partial_.data() + chunk * 2 * channels_;
  kernels().channel_sums(rows, channels_, raw, sums, sums + channels_);
}

void BatchNorm::finish_statistics() {
  const auto count = static_cast<double>(samples_);
  for (std::size_t c = 0; c < channels_; ++c) {
    const double mean = sum_over_chunks(c) / count;
    const double variance = std::max(0.0, sum_over_chunks(channels_ + c) / count - mean * mean);
    batch_.mean[c] = static_cast<float>(mean);
    batch_.variance[c] = static_cast<float>(variance);
    running.mean[c] += static_cast<float>(running_rate * (mean - running.mean[c]));
    running.variance[c] += static_cast<float>(running_rate * (variance - running.variance[c]));
  }
  use_statistics(batch_);
}

void BatchNorm::use_statistics(const ChannelStatistics& statistics) {
  WD_ASSERT(statistics.mean.size() == channels_);
  for (std::size_t c = 0; c < channels_; ++c) {
    const double inverse = inverse_deviation(statistics.variance[c]);
    mean_[c] = statistics.mean[c];
    inverse_[c] = static_cast<float>(inverse);
    scale_[c] = static_cast<float>(gamma[c] * inverse);
    shift_[c] = static_cast<float>(beta[c] - gamma[c] * inverse * statistics.mean[c]);
  }
}

void BatchNorm::normalize(std::size_t rows, const float* raw, const float* residual, bool relu,
                          float* out) const {
  kernels().normalize(rows, channels_, raw, scale_.data(), shift_.data(), residual, relu, out);
}

void BatchNorm::collect_gradient(std::size_t chunk, std::size_t rows, float* dy, const float* y,
                                 const float* raw) {
  float* sums = partial_.data() + chunk * 2 * channels_;
  kernels().norm_gradient_sums(rows, channels_, dy, y, raw, mean_.data(), sums, sums + channels_);
}

void BatchNorm::finish_gradient() {
  const auto count = static_cast<double>(samples_);
  for (std::size_t c = 0; c < channels_; ++c) {
    const double sum = sum_over_chunks(c), product = sum_over_chunks(channels_ + c);
    const double inverse = inverse_[c];
    dbeta[c] = static_cast<float>(sum);
    dgamma[c] = static_cast<float>(product * inverse);
    const double factor = gamma[c] * inverse;
    dy_factor_[c] = static_cast<float>(factor);
    raw_factor_[c] = static_cast<float>(-factor * inverse * inverse * product / count);
    constant_[c] = static_cast<float>(-factor * sum / count);
  }
}

void BatchNorm::input_gradient(std::size_t rows, const float* dy, const float* raw, float* draw) const {
  kernels().norm_gradient(rows, channels_, dy, raw, mean_.data(), dy_factor_.data(), raw_factor_.data(),
                          constant_.data(), draw);
}

void BatchNorm::update(double rate, double momentum) {
  const auto step = static_cast<float>(rate), keep = static_cast<float>(momentum);
  for (std::size_t c = 0; c < channels_; ++c) {
    gamma_velocity[c] = keep * gamma_velocity[c] + dgamma[c];
    beta_velocity[c] = keep * beta_velocity[c] + dbeta[c];
    gamma[c] -= step * gamma_velocity[c];
    beta[c] -= step * beta_velocity[c];
  }
}

std::vector<BatchNorm::Affine> BatchNorm::affine(const ChannelStatistics& statistics) const {
  std::vector<Affine> result(channels_);
  for (std::size_t c = 0; c < channels_; ++c) {
    const double factor = gamma[c] * inverse_deviation(statistics.variance[c]);
    result[c] = {factor, beta[c] - factor * statistics.mean[c]};
  }
  return result;
}

void PopulationStatistics::add(const ChannelStatistics& batch) {
  mean_.resize(batch.mean.size());
  square_.resize(batch.mean.size());
  for (std::size_t c = 0; c < mean_.size(); ++c) {
    const double mean = batch.mean[c];
    mean_[c] += mean;
    square_[c] += batch.variance[c] + mean * mean;
  }
  ++batches_;
}

ChannelStatistics PopulationStatistics::estimate() const {
  WD_ASSERT(batches_ > 0);
  ChannelStatistics result;
  const auto count = static_cast<double>(batches_);
  for (std::size_t c = 0; c < mean_.size(); ++c) {
    const double mean = mean_[c] / count;
    result.mean.push_back(static_cast<float>(mean));
    result.variance.push_back(static_cast<float>(std::max(0.0, square_[c] / count - mean * mean)));
  }
  return result;
}

}  // namespace wd::algo
