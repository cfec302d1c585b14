// SPDX-License-Identifier: Apache-2.0
#include "algo/reservoir/linear_readout.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "algo/data/batch.hpp"
#include "base/error.hpp"

namespace wd::algo {
namespace {

/// Calls work(feature) for each set bit of word number `word`.
template <typename Work>
void for_set_bits(std::uint64_t bits, std::size_t word, Work&& work) {
  for (; bits != 0; bits &= bits - 1) work(64 * word + static_cast<std::size_t>(std::countr_zero(bits)));
}

/// Turns scores into probabilities minus the target. @return the cross-entropy
double softmax_error(std::span<float> scores, std::size_t classes, std::size_t label) {
  const float top = *std::max_element(scores.begin(), scores.begin() + static_cast<std::ptrdiff_t>(classes));
  const double own = scores[label] - top;
  double sum = 0;
  for (std::size_t c = 0; c < classes; ++c) sum += std::exp(static_cast<double>(scores[c] - top));
  for (std::size_t c = 0; c < classes; ++c)
    scores[c] = static_cast<float>(std::exp(static_cast<double>(scores[c] - top)) / sum);
  scores[label] -= 1;
  return std::log(sum) - own;
}

}  // namespace

FeatureRows make_feature_rows(ThreadPool& pool, std::size_t features, std::size_t samples,
                              const FeatureSource& source) {
  FeatureRows rows{features, samples, (features + 63) / 64, {}};
  require_feature_memory(features, samples);
  rows.bits.resize(samples * rows.words);
  constexpr std::size_t group = 64;
  pool.run((samples + group - 1) / group, [&](std::size_t chunk) {
    for (std::size_t i = chunk * group; i < std::min(samples, (chunk + 1) * group); ++i)
      source(i, std::span(rows.bits).subspan(i * rows.words, rows.words));
  });
  return rows;
}

LinearReadout::LinearReadout(std::size_t features, int classes)
    : features_(features), lanes_((static_cast<std::size_t>(classes) + 15) / 16 * 16), classes_(classes) {
  weights_.assign(features * lanes_, 0);
  bias_.assign(lanes_, 0);
}

void LinearReadout::score(std::span<const std::uint64_t> row, std::span<float> scores) const {
  WD_ASSERT(scores.size() == lanes_ && row.size() == (features_ + 63) / 64);
  // Sixteen lanes at a time stay in registers.
  for (std::size_t first = 0; first < lanes_; first += 16) {
    float sums[16];
    std::copy_n(bias_.data() + first, 16, sums);
    for (std::size_t word = 0; word < row.size(); ++word)
      for_set_bits(row[word], word, [&](std::size_t feature) {
        const float* weight = weights_.data() + feature * lanes_ + first;
        for (std::size_t lane = 0; lane < 16; ++lane) sums[lane] += weight[lane];
      });
    std::copy_n(sums, 16, scores.data() + first);
  }
}

int LinearReadout::classify(std::span<const std::uint64_t> row) const {
  std::vector<float> scores(lanes_);
  score(row, scores);
  return static_cast<int>(std::max_element(scores.begin(), scores.begin() + classes_) - scores.begin());
}

double LinearReadout::train_step(ThreadPool& pool, const FeatureRows& rows,
                                 std::span<const std::uint16_t> labels,
                                 std::span<const std::uint32_t> samples, double step_size, double decay) {
  WD_ASSERT(rows.features == features_ && !samples.empty());
  errors_.resize(samples.size() * lanes_);
  std::vector<double> losses(samples.size());
  const auto error_of = [&](std::size_t b) { return std::span(errors_).subspan(b * lanes_, lanes_); };
  constexpr std::size_t sample_group = 8, word_group = 16;
  const auto scale = static_cast<float>(step_size / static_cast<double>(samples.size()));
  pool.run((samples.size() + sample_group - 1) / sample_group, [&](std::size_t chunk) {
    for (std::size_t b = chunk * sample_group; b < std::min(samples.size(), (chunk + 1) * sample_group);
         ++b) {
      score(rows.row(samples[b]), error_of(b));
      losses[b] = softmax_error(error_of(b), static_cast<std::size_t>(classes_), labels[samples[b]]);
      for (float& error : error_of(b)) error *= scale;
    }
  });
  pool.run((rows.words + word_group - 1) / word_group, [&](std::size_t chunk) {
    const std::size_t first = chunk * word_group, last = std::min(rows.words, first + word_group);
    if (decay != 1)
      for (std::size_t i = 64 * first * lanes_; i < std::min(features_, 64 * last) * lanes_; ++i)
        weights_[i] *= static_cast<float>(decay);
    for (std::size_t word = first; word < last; ++word)
      for (std::size_t b = 0; b < samples.size(); ++b)
        for_set_bits(rows.row(samples[b])[word], word, [&](std::size_t feature) {
          float* weight = weights_.data() + feature * lanes_;
          const float* error = errors_.data() + b * lanes_;
          for (std::size_t lane = 0; lane < lanes_; ++lane) weight[lane] -= error[lane];
        });
  });
  for (std::size_t b = 0; b < samples.size(); ++b)
    for (std::size_t lane = 0; lane < lanes_; ++lane) bias_[lane] -= error_of(b)[lane];
  return std::accumulate(losses.begin(), losses.end(), 0.0) / static_cast<double>(losses.size());
}

LinearReadout train_linear(ThreadPool& pool, const LinearConfig& config, std::uint64_t seed,
                           const FeatureRows& rows, std::span<const std::uint16_t> labels, int classes,
                           const LinearOptions& options) {
  WD_ASSERT(labels.size() == rows.samples && rows.samples > 0);
  LinearReadout readout(rows.features, classes);
  std::uint64_t set_bits = 0;
  for (std::uint64_t word : rows.bits) set_bits += static_cast<std::uint64_t>(std::popcount(word));
  const double mean_bits = std::max(1.0, static_cast<double>(set_bits) / static_cast<double>(rows.samples));
  const auto batch = static_cast<std::size_t>(config.batch);
  const std::size_t per_epoch = (rows.samples + batch - 1) / batch;
  const auto steps = static_cast<double>(per_epoch * static_cast<std::size_t>(config.epochs));
  std::size_t step = 0;
  for (int epoch = 0; epoch < config.epochs; ++epoch) {
    const std::vector<std::uint32_t> order =
        shuffled_order(seed, static_cast<std::uint32_t>(epoch), rows.samples);
    for (std::size_t first = 0; first < order.size(); first += batch, ++step) {
      if (options.stop && *options.stop) return readout;
      const double left = 1 - static_cast<double>(step) / steps, step_size = config.lr * left / mean_bits;
      const auto samples = std::span(order).subspan(first, std::min(batch, order.size() - first));
      const double loss =
          readout.train_step(pool, rows, labels, samples, step_size, 1 - step_size * config.weight_decay);
      WD_REQUIRE(std::isfinite(loss), "the linear readout's loss is not finite in epoch ", epoch + 1,
                 "; lower 'lr' (", config.lr, ") of 'linear'");
      if (options.progress) options.progress(static_cast<double>(step + 1) / steps);
    }
  }
  return readout;
}

}  // namespace wd::algo
