// SPDX-License-Identifier: Apache-2.0
// The inner loops of training, compiled three times (AVX-512, AVX2, SSE2) and chosen at run time.
//
// Shape     matrices are row-major with a leading dimension in floats; a panel holds `width` columns
//           (16 or 32) contiguously per row; C channels, rows = images x positions.
// Numerics  FP32; every output is summed in one fixed order, so a result never depends on how the
//           caller split its rows. AVX-512 and AVX2 agree bit for bit; SSE2 has no fused product.
// Not       no threads (layers/ splits the work), no checks of arguments.
// Test      kernels_test.cpp (each instruction set against plain loops)
#pragma once

#include <cstddef>
#include <cstdint>

#include "algo/kernels/instruction_set.hpp"

namespace wd::algo {

inline constexpr std::size_t panel_width = 32;

/// The columns of the panel that starts at `column` when the matrix has `columns` (a multiple of 16).
inline std::size_t panel_columns(std::size_t columns, std::size_t column) {
  return columns - column < panel_width ? columns - column : panel_width;
}

/// Powers of two between real values and FP8 values of the hardware's tensors.
struct PostScale {
  float input;   // 2^scale_exp of the convolution's input tensor
  float output;  // 2^scale_exp of its output tensor
};

struct Kernels {
  const char* name;

  /// out[r][n] (+)= sum_k a[r][k] * panel[k][n].
  void (*multiply)(std::size_t rows, std::size_t depth, const float* a, std::size_t lda, const float* panel,
                   std::size_t width, float* out, std::size_t ldo, bool accumulate);
  /// out[i][n] += sum_k a[k][i] * d[k][n] for i < rows: the weight gradient.
  void (*multiply_transposed)(std::size_t rows, std::size_t depth, const float* a, std::size_t lda,
                              const float* d, std::size_t ldd, std::size_t width, float* out,
                              std::size_t ldo);

  /// sum[c] = sum_r x[r][c]; square[c] = sum_r x[r][c]^2.
  void (*channel_sums)(std::size_t rows, std::size_t channels, const float* x, float* sum, float* square);
  /// out = x * scale + shift (+ residual) (then ReLU).
  void (*normalize)(std::size_t rows, std::size_t channels, const float* x, const float* scale,
                    const float* shift, const float* residual, bool relu, float* out);
  /// Masks dy where the ReLU's output y is 0 (y may be null), in place; then
  /// sum[c] = sum_r dy, product[c] = sum_r dy * (x - mean[c]).
  void (*norm_gradient_sums)(std::size_t rows, std::size_t channels, float* dy, const float* y,
                             const float* x, const float* mean, float* sum, float* product);
  /// dx = a[c] * dy + b[c] * (x - mean[c]) + c0[c].
  void (*norm_gradient)(std::size_t rows, std::size_t channels, const float* dy, const float* x,
                        const float* mean, const float* a, const float* b, const float* c0, float* dx);
  /// y (+)= x.
  void (*add)(std::size_t count, const float* x, float* y, bool accumulate);

  /// x = fp8(x * factor) / factor in place, factor a power of two; saturates.
  void (*fake_fp8)(std::size_t count, float factor, float* x);
  /// The post unit on a raw convolution result: FP16 roundings, residual, ReLU, FP8; in and out real values.
  void (*post)(std::size_t rows, std::size_t channels, const float* x, PostScale scale, const float* gamma,
               const float* beta, const float* residual, bool relu, float* out);
  /// max |x|.
  float (*max_magnitude)(std::size_t count, const float* x);

  /// One momentum step of supermask scores: g = dweight * signs * coats * sign(s) + decay * s.
  void (*update_scores)(std::size_t count, float rate, float momentum, float decay, float coats,
                        const float* dweight, const float* signs, float* velocity, float* scores);
  /// levels = number of thresholds reached by |s|, times signs.
  void (*apply_mask)(std::size_t count, const float* scores, const float* signs, const float* thresholds,
                     std::size_t coats, float* weights);
};


/// The best set of this machine.
const Kernels& kernels();
/// A given set, or null where the machine lacks it (for tests).
const Kernels* kernels_for(InstructionSet set);

}  // namespace wd::algo
