// SPDX-License-Identifier: Apache-2.0
#include "algo/supermask/supermask.hpp"

#include <cmath>

#include "algo/data/counter_random.hpp"
#include "algo/supermask/threshold.hpp"
#include "hw/stream/sign_generator.hpp"

namespace wd::algo {

Supermask::Supermask(std::string name, const ConvShape& shape, const CoatConfig& config, std::uint64_t seed,
                     std::uint32_t layer, bool packed)
    : name_(std::move(name)), shape_(shape), config_(config) {
  const std::size_t fan_in = shape.taps() * shape.inputs(), count = fan_in * shape.outputs();
  sigma_ = std::sqrt(2 / (static_cast<double>(fan_in) * (1 - config.pruned.front())));
  sign_seed_ = random_bits(seed, RandomStream::signs, layer);
  const stream::SignGenerator generator(sign_seed_);
  const double deviation = std::sqrt(2 / static_cast<double>(fan_in));
  for (Buffer* buffer : {&scores, &velocity, &gradient, &signs_, &weights_}) *buffer = Buffer(count);
  for (std::size_t at = 0; at < count; ++at) {
    const std::size_t flat = flat_index(at);
    signs_[at] = generator.negative(flat) ? -1.0f : 1.0f;
    scores[at] =
        static_cast<float>(deviation * random_normal(seed, RandomStream::scores, random_index(layer, flat)));
  }
  if (packed) {
    forward_ = Buffer(count);
    if (shape.inputs() % 16 == 0) backward_ = Buffer(count);
  }
  refresh();
}

/// The index in O x KH x KW x I of the weight at `at` in taps x I x O.
std::size_t Supermask::flat_index(std::size_t at) const {
  const std::size_t o = at % shape_.outputs(), i = at / shape_.outputs() % shape_.inputs();
  const std::size_t tap = at / shape_.outputs() / shape_.inputs();
  return (o * shape_.taps() + tap) * shape_.inputs() + i;
}

void Supermask::update(const ScoreStep& step) {
  kernels().update_scores(count(), static_cast<float>(step.rate), static_cast<float>(step.momentum),
                          static_cast<float>(step.decay), static_cast<float>(coats()), gradient.data(),
                          signs_.data(), velocity.data(), scores.data());
}

void Supermask::refresh() {
  thresholds_ = select_thresholds({scores.data(), count()}, config_.pruned);
  kernels().apply_mask(count(), scores.data(), signs_.data(), thresholds_.data(), thresholds_.size(),
                       weights_.data());
  if (forward_.size())
    pack_weights(shape_, weights_.data(), forward_.data(), backward_.size() ? backward_.data() : nullptr);
}

std::vector<std::uint8_t> Supermask::levels() const {
  std::vector<std::uint8_t> levels(count());
  for (std::size_t at = 0; at < count(); ++at)
    levels[flat_index(at)] = static_cast<std::uint8_t>(std::abs(weights_[at]));
  return levels;
}

}  // namespace wd::algo
