// SPDX-License-Identifier: Apache-2.0
// Batch norm of one node, with the residual and the activation behind it, over position-major chunks.
//
// Shape     rows x S, S stored channels of which the first C are real; a chunk is a block of up to 128 rows.
// Units     raw is in units of sigma: epsilon (1e-5) is divided by sigma^2.
// Numerics  chunk sums in FP32 about the chunk's first row, joined in chunk order in FP64: the same at any
//           thread count, and exact enough for any ratio of mean to deviation. The batch is normalized by its
//           biased variance; running statistics move by 0.1 to the unbiased one (PyTorch's rule).
// Test      norm_test.cpp (FP64 reference, finite differences)
#pragma once

#include "algo/layers/chunk_sums.hpp"
#include "algo/layers/norm.hpp"

namespace wd::algo {

template <typename T>
class BatchNorm {
 public:
  /// @param samples rows of all chunks together. `parameters` must outlive this.
  BatchNorm(NormParameters& parameters, std::size_t chunks, std::size_t samples, std::size_t stored,
            double sigma);

  /// The two halves of a training forward: sums per chunk (in parallel), then the batch's statistics.
  void collect(std::size_t chunk, std::size_t rows, const T* raw);
  void finish_statistics(bool update_running = true);
  /// Uses statistics that were measured before.
  void use_statistics(const ChannelStatistics& statistics);
  /// out = activation(norm(raw) + residual); the residual may be null. out may be raw or residual itself.
  void normalize(std::size_t rows, const T* raw, const T* residual, Activation activation, T* out) const;

  /// Backward, in three steps. First dy becomes the gradient before the activation, in place: that is the
  /// residual's gradient. y is the forward's output (used by ReLU only; may be null otherwise).
  void collect_gradient(std::size_t chunk, std::size_t rows, T* dy, const T* y, const T* raw,
                        const T* residual, Activation activation);
  /// Adds to the gradients of gamma and beta where they are learned.
  void finish_gradient();
  /// draw (+)= the gradient of raw; may be dy itself.
  void input_gradient(std::size_t rows, const T* dy, const T* raw, T* draw, bool accumulate = false) const;

  /// y = factor * raw + offset with the given statistics, per real channel, in FP64.
  std::vector<ChannelAffine> affine(const ChannelStatistics& statistics) const;
  const ChannelStatistics& batch_statistics() const { return batch_; }

  /// For weights whose scale follows their measured sparsity; acts from the next statistics on.
  void set_sigma(double sigma) { sigma_ = sigma; }
  std::size_t stored() const { return stored_; }
  NormParameters& parameters() const { return *parameters_; }

 private:
  /// Per real channel, of raw.
  struct Moments {
    std::vector<double> mean, variance;
  };
  Moments join_chunks() const;
  void set_affine();

  NormParameters* parameters_;
  std::size_t stored_, samples_;
  double sigma_;
  ChunkSums moments_;              // pivot, sum and square sum about it
  ChunkSums sums_;                 // of dy, and of dy * (raw - mean)
  std::vector<std::size_t> rows_;  // of each chunk
  std::vector<double> inverse_;    // 1 / deviation of raw, with epsilon
  Buffer mean_, scale_, shift_;
  Buffer dy_factor_, raw_factor_, constant_;
  ChannelStatistics batch_;
};

extern template class BatchNorm<float>;
extern template class BatchNorm<BFloat16>;

}  // namespace wd::algo
