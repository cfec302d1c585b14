// SPDX-License-Identifier: Apache-2.0
// The loops of training that touch each value once, for FP32 and bf16 tensors; compiled for AVX-512, AVX2 and
// SSE2 and chosen at run time.
//
// Shape     rows x channels, channels a multiple of 16; a `count` may be any. Per-channel arrays are FP32.
// Numerics  values are widened to FP32, computed there, and rounded to nearest even when stored. Sums over
//           rows run in row order (in sets of 4 rows), sums over channels in 16 interleaved parts, so a
//           result depends on the call alone. AVX-512 and AVX2 agree bit for bit; SSE2 has no fused product.
//           GELU: the error of erf is below 1e-6.
// Not       no threads (layers/ splits the work), no checks of arguments.
// Test      elementwise_test.cpp (each instruction set against plain loops)
#pragma once

#include <cstddef>
#include <cstdint>

#include "algo/graph/graph.hpp"
#include "algo/kernels/bfloat16.hpp"
#include "algo/kernels/fp8_format.hpp"
#include "base/instruction_set.hpp"

namespace wd::algo {

/// gamma and beta of a layer norm (padded with zeros) over the first `real` of the stored channels.
struct LayerNormChannels {
  std::size_t stored, real;
  const float *gamma, *beta;
  float epsilon;
};

/// What the backward pass through an activation reads: the forward's output y (ReLU), or its input
/// x * scale + shift + residual (GELU). The residual may be null.
template <typename T>
struct ActivationInput {
  Activation activation;
  const T *y, *residual;
  const float *scale, *shift;
};

template <typename T>
struct ElementwiseKernels {
  /// pivot = x[0]; sum[c] = sum_r (x[r][c] - pivot[c]); square[c] = sum_r (x[r][c] - pivot[c])^2.
  void (*channel_sums)(std::size_t rows, std::size_t channels, const T* x, float* pivot, float* sum,
                       float* square);
  /// out = activation(x * scale + shift (+ residual)).
  void (*normalize)(std::size_t rows, std::size_t channels, const T* x, const float* scale,
                    const float* shift, const T* residual, Activation activation, T* out);
  /// dy becomes the gradient before the activation, in place.
  void (*activation_gradient)(std::size_t rows, std::size_t channels, const T* x,
                              const ActivationInput<T>& at, T* dy);
  /// The same, then sum[c] = sum_r dy and product[c] = sum_r dy * (x - mean[c]).
  void (*norm_gradient_sums)(std::size_t rows, std::size_t channels, const T* x, const ActivationInput<T>& at,
                             const float* mean, T* dy, float* sum, float* product);
  /// dx (+)= a[c] * dy + b[c] * (x - mean[c]) + c0[c].
  void (*norm_gradient)(std::size_t rows, std::size_t channels, const T* dy, const T* x, const float* mean,
                        const float* a, const float* b, const float* c0, T* dx, bool accumulate);
  /// dx (+)= a[c] * dy.
  void (*scale_channels)(std::size_t rows, std::size_t channels, const T* dy, const float* a, T* dx,
                         bool accumulate);

  /// out = activation(layer norm of x (+ residual)).
  void (*layer_normalize)(std::size_t rows, const LayerNormChannels& norm, const T* x, const T* residual,
                          Activation activation, T* out);
  /// dy becomes the gradient before the activation, in place; then sum[c] = sum_r dy, product[c] = sum_r dy *
  /// (x normalized). `at.scale` and `at.shift` are not read.
  void (*layer_gradient_sums)(std::size_t rows, const LayerNormChannels& norm, const T* x,
                              const ActivationInput<T>& at, T* dy, float* sum, float* product);
  void (*layer_gradient)(std::size_t rows, const LayerNormChannels& norm, const T* dy, const T* x, T* dx,
                         bool accumulate);

  /// y (+)= x.
  void (*add)(std::size_t count, const T* x, T* y, bool accumulate);
  /// out (+)= factor * (sum of `terms` arrays, in order).
  void (*pool_sum)(std::size_t count, std::size_t terms, const T* const* in, float factor, T* out,
                   bool accumulate);
  /// out = the maximum of the arrays, winner = taps[the first array that has it].
  void (*pool_max)(std::size_t count, std::size_t terms, const T* const* in, const std::uint8_t* taps, T* out,
                   std::uint8_t* winner);
  /// din (+)= sum over terms, in order, of dout where winner is the term's tap.
  void (*pool_max_gradient)(std::size_t count, std::size_t terms, const T* const* dout,
                            const std::uint8_t* const* winner, const std::uint8_t* taps, T* din,
                            bool accumulate);

  /// x = fp8(x * factor) / factor in place, factor a power of two; saturates; a zero is +0; NaN stays.
  void (*fake_fp8)(Fp8Format format, std::size_t count, float factor, T* x);
  /// max |x|; NaN where there is one.
  float (*max_magnitude)(std::size_t count, const T* x);
  void (*to_float)(std::size_t count, const T* x, float* out);
  void (*from_float)(std::size_t count, const float* x, T* out);
};

/// The best set of this machine. T is float or BFloat16.
template <typename T>
const ElementwiseKernels<T>& elementwise();
/// A given set, or null where the machine lacks it (for tests); sets beyond AVX-512 are AVX-512 here.
template <typename T>
const ElementwiseKernels<T>* elementwise_for(InstructionSet set);

}  // namespace wd::algo
