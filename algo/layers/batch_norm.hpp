// SPDX-License-Identifier: Apache-2.0
// Affine batch norm of one convolution in one iteration, over position-major chunks.
//
// Shape     C channels; chunks are ConvChunk blocks of B x C rows.
// Numerics  chunk sums in FP32, joined in chunk order in FP64: the same at any thread count. The
//           convolution's result is in units of sigma (weights are whole levels), so epsilon is
//           divided by sigma^2: normalizing sigma * raw and raw is then the same.
// Test      layers_test.cpp (finite differences, FP64 reference)
#pragma once

#include <span>
#include <vector>

#include "algo/kernels/buffer.hpp"
#include "algo/kernels/kernels.hpp"

namespace wd::algo {

struct ChannelStatistics {
  std::vector<float> mean, variance;
};

class BatchNorm {
 public:
  BatchNorm(std::size_t channels, std::size_t chunks, std::size_t samples, double sigma);

  /// The two halves of a training forward: sums per chunk (in parallel), then the batch's statistics.
  void collect(std::size_t chunk, std::size_t rows, const float* raw);
  void finish_statistics();
  /// Uses statistics that were measured before.
  void use_statistics(const ChannelStatistics& statistics);
  void normalize(std::size_t rows, const float* raw, const float* residual, bool relu, float* out) const;

  /// Backward: sums per chunk (masks dy where the ReLU's output y is 0), join, then draw per chunk.
  void collect_gradient(std::size_t chunk, std::size_t rows, float* dy, const float* y, const float* raw);
  void finish_gradient();
  void input_gradient(std::size_t rows, const float* dy, const float* raw, float* draw) const;

  void update(double rate, double momentum);

  /// y = factor * raw + offset with the given statistics, per channel, in FP64.
  struct Affine {
    double factor, offset;
  };
  std::vector<Affine> affine(const ChannelStatistics& statistics) const;

  const ChannelStatistics& batch_statistics() const { return batch_; }
  std::size_t channels() const { return channels_; }

  Buffer gamma, beta, gamma_velocity, beta_velocity, dgamma, dbeta;
  ChannelStatistics running;

 private:
  double inverse_deviation(double variance) const;
  double sum_over_chunks(std::size_t offset) const;

  std::size_t channels_, chunks_, samples_;
  double epsilon_;
  Buffer partial_;  // chunks x 2 x C
  Buffer mean_, inverse_, scale_, shift_;
  Buffer dy_factor_, raw_factor_, constant_;
  ChannelStatistics batch_;
};

/// Averages the statistics of many batches: a population estimate with the weights as they are.
class PopulationStatistics {
 public:
  void add(const ChannelStatistics& batch);
  ChannelStatistics estimate() const;

 private:
  std::vector<double> mean_, square_;
  std::size_t batches_ = 0;
};

}  // namespace wd::algo
