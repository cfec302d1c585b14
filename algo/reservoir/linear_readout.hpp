// SPDX-License-Identifier: Apache-2.0
// Multinomial logistic regression on binary features, trained by mini-batch gradient descent.
//
// Shape     weights: features x lanes floats, lanes = classes rounded up to 16; a score is the bias plus the
//           weights of the set bits, so that no multiplication is needed.
// Numerics  FP32; the step size is lr / (mean set bits per sample), falling linearly to 0. Sums have one
//           order: the same weights for any number of threads.
// Errors    a loss that is not finite: wd::Error with the remedy; rows above memory_limit_bytes.
// Test      linear_readout_test.cpp (gradient by finite differences, plain FP64 loops)
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "algo/reservoir/feature_columns.hpp"
#include "base/parallel.hpp"

namespace wd::algo {

struct LinearConfig {
  int epochs = 6;  // 0: no linear readout
  int batch = 128;
  double lr = 100;
  double weight_decay = 0.0;  // per step, times the step size
  bool operator==(const LinearConfig&) const = default;
};

/// One row of bits per sample, samples in their own order.
struct FeatureRows {
  std::size_t features = 0, samples = 0, words = 0;
  std::vector<std::uint64_t> bits;
  std::span<const std::uint64_t> row(std::size_t sample) const {
    return std::span(bits).subspan(sample * words, words);
  }
};
FeatureRows make_feature_rows(ThreadPool& pool, std::size_t features, std::size_t samples,
                              const FeatureSource& source);

class LinearReadout {
 public:
  LinearReadout(std::size_t features, int classes);

  /// @param row features bits, unused ones 0; `scores` has lanes() entries.
  void score(std::span<const std::uint64_t> row, std::span<float> scores) const;
  /// @return the class of the highest score, the lowest of several
  int classify(std::span<const std::uint64_t> row) const;

  /// One step of gradient descent on the mean cross-entropy of these samples.
  /// @param decay every weight is first multiplied by it. @return the loss before the step
  double train_step(ThreadPool& pool, const FeatureRows& rows, std::span<const std::uint16_t> labels,
                    std::span<const std::uint32_t> samples, double step_size, double decay);

  std::size_t features() const { return features_; }
  int classes() const { return classes_; }
  std::size_t lanes() const { return lanes_; }
  std::vector<float>& weights() { return weights_; }
  std::vector<float>& bias() { return bias_; }
  std::uint64_t weight_bits() const {
    return 32 * static_cast<std::uint64_t>(classes_) * (std::uint64_t{features_} + 1);
  }

 private:
  std::size_t features_, lanes_;
  int classes_;
  std::vector<float> weights_, bias_;
  std::vector<float> errors_;  // of the batch: samples x lanes, probability minus target
};

struct LinearOptions {
  const std::atomic<bool>* stop = nullptr;  // ends early
  std::function<void(double)> progress{};   // fraction done
};

LinearReadout train_linear(ThreadPool& pool, const LinearConfig& config, std::uint64_t seed,
                           const FeatureRows& rows, std::span<const std::uint16_t> labels, int classes,
                           const LinearOptions& options = {});

}  // namespace wd::algo
