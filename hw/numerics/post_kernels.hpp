// SPDX-License-Identifier: Apache-2.0
// The post unit's arithmetic (post.hpp) on many values at once, bit for bit; compiled for AVX-512, AVX2 and SSE2 and chosen at run time.
//
// Shape     rows x channels, row-major without gaps; any number of channels; gamma and beta per channel.
// Units     acc times `unit`, a power of two, is the real value; |acc| is whole and below 2^52 (exact in a double). gamma and beta are
//           FP16 values; the residual is its FP8 code's value times `residual_unit`, a power of two from 2^-15 to 2^15.
// Numerics  an FP16 product is exact in a double. Its sum with beta is rounded to odd there, so that the second rounding, to FP16's
//           11 bits, gives what one rounding of the exact sum would (Boldo and Melquiond, 2008). Sums with the residual are exact.
// Not       checks of arguments.
// Test      post_kernels_test.cpp (each instruction set against post.hpp, element by element)
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/instruction_set.hpp"

namespace wd::numerics {

struct PostKernels {
  /// FP8 codes; the residual may be null. @return how many saturate: |z|, behind ReLU, rounds above 448
  std::size_t (*codes)(std::size_t rows, std::size_t channels, const double* acc, double unit,
                       const double* gamma, const double* beta, const std::uint8_t* residual,
                       double residual_unit, bool relu, std::uint8_t* out);
  /// FP16 bits after the fused product.
  void (*scores)(std::size_t rows, std::size_t channels, const double* acc, double unit, const double* gamma,
                 const double* beta, std::uint16_t* out);
};

/// The best set of this machine.
const PostKernels& post_kernels();
/// A given set, or null where the machine lacks it (for tests); sets beyond AVX-512 are AVX-512 here.
const PostKernels* post_kernels_for(InstructionSet set);

}  // namespace wd::numerics
