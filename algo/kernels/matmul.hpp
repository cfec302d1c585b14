// SPDX-License-Identifier: Apache-2.0
// The matrix products behind convolution and token mixing, for FP32 and bf16 operands; one table per
// instruction set, chosen at run time.
//
// Shape     left operand: rows x depth of T with a stride; right operand: panels of 32 columns (the last one
//           may have 16), each depth x columns in 32-bit words. A word is one FP32 value, or two bf16 values
//           of consecutive depth: `values_per_word`. Sums are FP32, row-major.
// Numerics  FP32 sums whose order does not depend on the caller's split of rows and columns. Sets whose words
//           are FP32 widen bf16 operands (exact) and use fused products (SSE2 rounds twice); the bf16
//           instructions sum pairs, and flush subnormal operands and sums to zero.
// Not       no threads (layers/ splits the work), no checks of arguments.
// Test      matmul_test.cpp
#pragma once

#include <cstddef>
#include <cstdint>

#include "algo/kernels/bfloat16.hpp"
#include "base/instruction_set.hpp"

namespace wd::algo {

inline constexpr std::size_t panel_width = 32;
/// Rows that the kernels take together; also the most rows of a turned left operand.
inline constexpr std::size_t strip_rows = 32;

/// One product of a sum of products.
template <typename T>
struct MatmulTerm {
  const T* left;
  const std::uint32_t* panel;  // of the first 32 columns
};

/// The same with a left operand that turn() made.
struct TurnedTerm {
  const std::uint32_t *left, *panel;
};

/// Memory that is asked for, a little with each step of a product, so that it arrives while products go on.
struct ReadAhead {
  struct Lines {
    const char* at;
    std::size_t count;  // of 64 bytes
  };
  Lines ranges[2];
  std::size_t ranges_left = 0;  // the last one is next
  std::size_t per_step = 0;     // lines

  void add(const void* from, std::size_t bytes) {
    ranges[ranges_left++] = {static_cast<const char*>(from), bytes / 64};
  }
};

/// Rows x columns (a multiple of 16) of FP32 sums and where they come from.
struct MatmulShape {
  std::size_t rows;  // turned: up to strip_rows
  std::size_t columns, depth;
  std::size_t panel_stride;  // words between panels of 32 columns
  std::size_t row_stride;    // of the sums
  // Only for FP32 tensors that take the place of turned operands and panels: values between steps of depth.
  std::size_t left_step = 0, right_step = 0;
  ReadAhead* ahead = nullptr;  // sets that do not wait for memory leave it alone
};

template <typename T>
struct MatmulKernels {
  InstructionSet set;
  std::size_t values_per_word;
  std::size_t depth_step;     // turned operands and their panels are padded to a multiple of it
  std::size_t block_depth;    // the depth of one call of multiply (all terms) that runs best; at most this
  std::size_t block_rows;     // the rows of one call that run best: a multiple of strip_rows
  std::size_t block_columns;  // likewise
  std::size_t turned_depth;   // of one call of multiply_turned, likewise
  std::size_t ring_depth;     // the same where a kernel's taps share operands, which lie in L2

  /// Around the calls of multiply and multiply_turned on each thread (tile state).
  void (*begin)();
  void (*end)();

  /// sums (+)= sum over terms of left * panels. The depth is a multiple of 16.
  void (*multiply)(const MatmulShape& shape, const MatmulTerm<T>* terms, std::size_t count,
                   std::size_t left_stride, float* sums, bool accumulate);
  /// The same for turned left operands of one panel (rows 16 or 32); the depth is a multiple of depth_step.
  void (*multiply_turned)(const MatmulShape& shape, const TurnedTerm* terms, std::size_t count, float* sums,
                          bool accumulate);

  /// panel[k][n] = from[k * stride + n] for n < width (16 or 32), zero for depth <= k < padded.
  void (*panel_of_rows)(std::size_t depth, std::size_t padded, std::size_t width, const T* from,
                        std::size_t stride, std::uint32_t* panel);
  /// panel[k][n] = from[n * stride + k] for n < columns, zero for columns <= n < width; the depth is a
  /// multiple of 16.
  void (*panel_of_columns)(std::size_t depth, std::size_t columns, std::size_t width, const T* from,
                           std::size_t stride, std::uint32_t* panel);
  /// A left operand whose element (i, k) is from[k * stride + i], for i < rows (16 or 32); zero for
  /// depth <= k < padded. It takes padded / values_per_word * rows words.
  void (*turn)(std::size_t depth, std::size_t padded, std::size_t rows, const T* from, std::size_t stride,
               std::uint32_t* turned);

  /// out (+)= sums, rounded once to T.
  void (*round)(std::size_t rows, std::size_t columns, const float* sums, std::size_t row_stride, T* out,
                std::size_t out_stride, bool accumulate);
  /// A row of FP32 values in T.
  void (*narrow)(std::size_t count, const float* from, T* to);
};

/// The best set of this machine. T is float or BFloat16.
template <typename T>
const MatmulKernels<T>& matmul();
/// A given set, or null where the machine lacks it or T has no kernels for it.
template <typename T>
const MatmulKernels<T>* matmul_for(InstructionSet set);

}  // namespace wd::algo
