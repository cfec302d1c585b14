// SPDX-License-Identifier: Apache-2.0
#include "algo/supermask/supermask.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "algo/data/counter_random.hpp"
#include "algo/supermask/score_kernels.hpp"
#include "algo/supermask/weight_flags.hpp"
#include "base/error.hpp"
#include "hw/formats/stream/freeze_generator.hpp"

namespace wd::algo {
namespace {

constexpr std::size_t part = 1 << 14;  // weights that are made at once; a multiple of 32

std::size_t parts(std::size_t count) { return (count + part - 1) / part; }

std::uint64_t layer_seed(std::uint64_t seed, std::uint64_t purpose, std::uint32_t layer) {
  return random_bits(seed, RandomStream::signs, random_index(purpose, layer));
}

std::uint32_t magnitude(float x) { return std::bit_cast<std::uint32_t>(x) & 0x7fffffffu; }

/// The first score of the weight `flat`.
double first_score(ScoreInit init, const WeightShape& shape, std::uint64_t seed, std::uint64_t index) {
  const auto fan_in = static_cast<double>(shape.fan_in()), fan_out = static_cast<double>(shape.fan_out());
  const auto uniform = [&](double bound) {
    return bound * (2 * random_uniform(seed, RandomStream::scores, index) - 1);
  };
  switch (init) {
    case ScoreInit::kaiming_uniform:
      return uniform(1 / std::sqrt(fan_in));
    case ScoreInit::xavier_uniform:
      return uniform(std::sqrt(6 / (fan_in + fan_out)));
    case ScoreInit::kaiming_normal_fan_out:
      return std::sqrt(2 / fan_out) * random_normal(seed, RandomStream::scores, index);
    case ScoreInit::kaiming_normal_fan_in:
      break;
  }
  return std::sqrt(2 / fan_in) * random_normal(seed, RandomStream::scores, index);
}

}  // namespace

Supermask::Supermask(const WeightShape& shape, const MaskConfig& config, const LayerPlan& plan,
                     std::uint64_t seed, std::uint32_t layer, ThreadPool* pool)
    : scores(shape.name + (plan.method == MaskMethod::dense ? ".weight" : ".scores"), shape.count()),
      dweight(shape.count()),
      shape_(shape),
      config_(config),
      plan_(plan),
      sign_seed_(layer_seed(seed, 0, layer)),
      freeze_seed_(layer_seed(seed, 1, layer)),
      weight_seed_(layer_seed(seed, 2, layer)) {
  WD_ASSERT(shape.count() > 0);
  ThreadPool alone(1);
  ThreadPool& threads = pool != nullptr ? *pool : alone;
  base_sigma_ = config.gain * std::sqrt(2 / static_cast<double>(shape.fan_in()));
  if (dense()) {
    plan_.pruned.clear();
  } else {
    if (config.scaled) base_sigma_ /= std::sqrt(1 - plan.pruned.front());
    sigma_ = base_sigma_;
    weights_ = Buffer(count());
    fill_flags(threads);
  }
  fill_scores(seed, layer, threads);
}

void Supermask::fill_scores(std::uint64_t seed, std::uint32_t layer, ThreadPool& pool) {
  const bool normal = config_.init == WeightInit::kaiming_normal;
  const stream::SignGenerator signs(sign_seed_);
  if (!dense() && normal) normals_ = Buffer(count());
  pool.run(parts(count()), [&](std::size_t index) {
    for (std::size_t at = index * part; at < std::min(count(), (index + 1) * part); ++at) {
      const std::size_t flat = flat_index(at);
      const auto weight = [&] {
        return normal                 ? random_normal(weight_seed_, RandomStream::signs, flat)
               : signs.negative(flat) ? -1.0
                                      : 1.0;
      };
      if (dense()) {
        scores.value[at] = static_cast<float>(base_sigma_ * weight());
        continue;
      }
      scores.value[at] =
          static_cast<float>(first_score(config_.scores, shape_, seed, random_index(layer, flat)));
      if (normal) normals_[at] = static_cast<float>(weight());
    }
  });
}

void Supermask::fill_flags(ThreadPool& pool) {
  if (plan_.freeze.pruned > 0 || plan_.freeze.locked > 0) {
    freeze_pruned_ = stream::freeze_fraction(plan_.freeze.pruned);
    freeze_locked_ =
        std::min(stream::freeze_fraction(plan_.freeze.locked), stream::freeze_one - freeze_pruned_);
  }
  const bool random = config_.signs == MaskSigns::random, frozen = freeze_pruned_ + freeze_locked_ > 0;
  if (!random && !frozen) return;
  const stream::SignGenerator signs(sign_seed_);
  const stream::FreezeGenerator freeze(freeze_seed_, freeze_pruned_, freeze_locked_);
  Array<std::uint8_t> flat(
      count());  // O x KH x KW x I: one block of the generator gives 32 neighbouring signs
  pool.run(parts(count()), [&](std::size_t index) {
    std::uint32_t word = 0;
    for (std::size_t at = index * part; at < std::min(count(), (index + 1) * part); ++at) {
      if (random && at % 32 == 0) word = signs.signs(static_cast<std::uint32_t>(at / 32));
      if (word >> at % 32 & 1) flat[at] = flag_negative;
      if (frozen) flat[at] |= static_cast<std::uint8_t>(freeze.state(at));
    }
  });
  flags_ = Array<std::uint8_t>(count());
  pool.run(parts(count()), [&](std::size_t index) {
    for (std::size_t at = index * part; at < std::min(count(), (index + 1) * part); ++at)
      flags_[at] = flat[flat_index(at)];
  });
  const auto holds = [](std::uint8_t flag) { return [flag](std::uint8_t f) { return (f & flag) != 0; }; };
  pruned_count_ = static_cast<std::size_t>(std::count_if(flags_.begin(), flags_.end(), holds(flag_pruned)));
  locked_count_ = static_cast<std::size_t>(std::count_if(flags_.begin(), flags_.end(), holds(flag_locked)));
}

std::size_t Supermask::flat_index(std::size_t at) const {
  const auto outputs = static_cast<std::size_t>(shape_.out_channels);
  const auto inputs = static_cast<std::size_t>(shape_.in_channels);
  const std::size_t o = at % outputs, i = at / outputs % inputs, tap = at / outputs / inputs;
  return o * shape_.fan_in() + tap * inputs + i;
}

MaskRule Supermask::rule(std::size_t begin) const {
  MaskRule rule;
  rule.flags = flags_.size() > 0 ? flags_.data() + begin : nullptr;
  rule.normals = normals_.size() > 0 ? normals_.data() + begin : nullptr;
  rule.learned_signs = has_learned_signs();
  rule.frozen = pruned_count_ + locked_count_ > 0;
  return rule;
}

void Supermask::refresh() {
  if (dense()) return;
  if (plan_.method == MaskMethod::signed_threshold) return refresh(fixed_thresholds());
  const ScoreSegment all = segment();
  refresh(select_thresholds(std::span(&all, 1), plan_.pruned));
}

void Supermask::refresh(const std::vector<float>& thresholds) {
  if (!dense()) finish_refresh(thresholds, apply_block(0, count(), thresholds));
}

std::vector<float> Supermask::fixed_thresholds() const {
  // Scores that equal the threshold are pruned, as in the source.
  return {std::nextafter(static_cast<float>(config_.threshold), std::numeric_limits<float>::infinity())};
}

void Supermask::score_gradient() { gradient_block(0, count(), scores.gradient.data()); }

void Supermask::gradient_block(std::size_t begin, std::size_t count, float* gradient) const {
  if (dense()) {
    std::copy_n(dweight.data() + begin, count, gradient);
    return;
  }
  const float factor = config_.score_gradient == ScoreGradient::per_coat ? static_cast<float>(coats()) : 1.0f;
  score_kernels().gradient(count, rule(begin), factor, dweight.data() + begin, scores.value.data() + begin,
                           gradient);
}

std::size_t Supermask::apply_block(std::size_t begin, std::size_t count,
                                   const std::vector<float>& thresholds) {
  return score_kernels().apply(count, rule(begin), thresholds.size(), thresholds.data(),
                               scores.value.data() + begin, weights_.data() + begin);
}

void Supermask::finish_refresh(const std::vector<float>& thresholds, std::size_t kept) {
  thresholds_ = thresholds;
  kept_ = kept;
  // An empty layer would have an infinite sigma; its weights are 0 whatever it is.
  const double share = static_cast<double>(std::max<std::size_t>(kept, 1)) / static_cast<double>(count());
  sigma_ = config_.dynamic_scaled ? base_sigma_ / std::sqrt(share) : base_sigma_;
}

ScoreSegment Supermask::segment() const {
  return {scores.value.data(), pruned_count_ + locked_count_ > 0 ? flags_.data() : nullptr, count(),
          pruned_count_, locked_count_};
}

int Supermask::level(std::size_t at) const {
  if (flags_.size() > 0 && (flags_[at] & flag_frozen) != 0)
    return (flags_[at] & flag_locked) != 0 ? coats() : 0;
  int level = 0;
  for (float t : thresholds_) level += magnitude(scores.value[at]) >= magnitude(t);
  return level;
}

bool Supermask::negative(std::size_t at) const {
  if (has_learned_signs()) return std::signbit(scores.value[at]);
  return normals_.size() > 0 ? normals_[at] < 0 : flags(at) >= flag_negative;
}

std::vector<std::uint8_t> Supermask::levels() const {
  std::vector<std::uint8_t> levels(count());
  for (std::size_t at = 0; at < count(); ++at) levels[flat_index(at)] = static_cast<std::uint8_t>(level(at));
  return levels;
}

std::vector<std::uint8_t> Supermask::signs() const {
  if (dense() || has_learned_signs()) return {};
  std::vector<std::uint8_t> signs(count());
  for (std::size_t at = 0; at < count(); ++at) signs[flat_index(at)] = negative(at);
  return signs;
}

std::vector<std::uint8_t> Supermask::learned_signs() const {
  if (!has_learned_signs()) return {};
  std::vector<std::uint8_t> signs(count());
  for (std::size_t at = 0; at < count(); ++at) signs[flat_index(at)] = negative(at) && level(at) > 0;
  return signs;
}

bool Supermask::exportable(std::string* reason) const {
  std::string obstacle;
  if (dense())
    obstacle = "its weights are trained without a mask (method \"dense\", dense_first or dense_last)";
  else if (config_.init == WeightInit::kaiming_normal)
    obstacle =
        "its weights are normal random numbers (init \"kaiming_normal\"), the hardware has one constant";
  if (reason != nullptr)
    *reason = obstacle.empty() ? "" : "layer '" + name() + "' cannot be exported: " + obstacle;
  return obstacle.empty();
}

}  // namespace wd::algo
