// SPDX-License-Identifier: Apache-2.0
#include "algo/layers/norm.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace wd::algo {
namespace {

std::size_t channels_of(const NormShape& shape) {
  WD_ASSERT(shape.channels > 0);
  return static_cast<std::size_t>(shape.channels);
}

}  // namespace

NormParameters::NormParameters(const NormShape& shape)
    : kind(shape.kind),
      epsilon(shape.epsilon),
      learned(shape.learned),
      gamma(shape.name + ".gamma", channels_of(shape)),
      beta(shape.name + ".beta", channels_of(shape)),
      running{std::vector<float>(channels(), 0.0f), std::vector<float>(channels(), 1.0f)} {
  gamma.value.fill(static_cast<float>(shape.initial_gamma));
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
