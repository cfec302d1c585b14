// SPDX-License-Identifier: Apache-2.0
// Layer norm over the real channels of each position of each image, with learned gamma and beta.
//
// Shape     as BatchNorm. Statistics are of a row and are formed again in the backward pass.
// Units     raw is in units of sigma: the norm's epsilon is divided by sigma^2.
// Numerics  row sums in FP32, mean first, then squares about it; gradients as AffineNorm's.
// Test      norm_test.cpp (FP64 reference, finite differences)
#pragma once

#include "algo/kernels/elementwise.hpp"
#include "algo/layers/chunk_sums.hpp"
#include "algo/layers/norm.hpp"

namespace wd::algo {

template <typename T>
class LayerNorm {
 public:
  /// `parameters` must outlive this.
  LayerNorm(NormParameters& parameters, std::size_t chunks, std::size_t stored, double sigma);

  /// Takes gamma, beta and sigma over; call it before a forward whenever they have changed.
  void refresh();
  void normalize(std::size_t rows, const T* raw, const T* residual, Activation activation, T* out) const;

  /// As BatchNorm's.
  void collect_gradient(std::size_t chunk, std::size_t rows, T* dy, const T* y, const T* raw,
                        const T* residual, Activation activation);
  void finish_gradient();
  void input_gradient(std::size_t rows, const T* dy, const T* raw, T* draw, bool accumulate = false) const;

  void set_sigma(double sigma) { sigma_ = sigma; }
  std::size_t stored() const { return stored_; }
  NormParameters& parameters() const { return *parameters_; }

 private:
  LayerNormChannels channels() const;

  NormParameters* parameters_;
  std::size_t stored_;
  double sigma_;
  ChunkSums sums_;  // of dy, and of dy times the normalized value
  Buffer gamma_, beta_;
};

extern template class LayerNorm<float>;
extern template class LayerNorm<BFloat16>;

}  // namespace wd::algo
