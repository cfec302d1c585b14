// SPDX-License-Identifier: Apache-2.0
// y = activation(gamma * sigma * raw + beta + residual): an affine layer without statistics (ResMLP's Aff,
// LayerScale), or no norm at all where the parameters are not learned (gamma 1, beta 0).
//
// Shape     as BatchNorm.
// Numerics  gradients: chunk sums in FP32, joined in chunk order in FP64.
// Test      norm_test.cpp (FP64 reference, finite differences)
#pragma once

#include "algo/layers/chunk_sums.hpp"
#include "algo/layers/norm.hpp"

namespace wd::algo {

template <typename T>
class AffineNorm {
 public:
  /// `parameters` must outlive this.
  AffineNorm(NormParameters& parameters, std::size_t chunks, std::size_t stored, double sigma);

  /// Takes gamma, beta and sigma over; call it before a forward whenever they have changed.
  void refresh();
  void normalize(std::size_t rows, const T* raw, const T* residual, Activation activation, T* out) const;

  /// As BatchNorm's.
  void collect_gradient(std::size_t chunk, std::size_t rows, T* dy, const T* y, const T* raw,
                        const T* residual, Activation activation);
  void finish_gradient();
  void input_gradient(std::size_t rows, const T* dy, T* draw, bool accumulate = false) const;

  std::vector<ChannelAffine> affine() const;
  void set_sigma(double sigma) { sigma_ = sigma; }
  std::size_t stored() const { return stored_; }
  NormParameters& parameters() const { return *parameters_; }

 private:
  NormParameters* parameters_;
  std::size_t stored_;
  double sigma_;
  ChunkSums sums_;  // of dy, and of dy times raw
  Buffer scale_, shift_, zero_;
};

extern template class AffineNorm<float>;
extern template class AffineNorm<BFloat16>;

}  // namespace wd::algo
