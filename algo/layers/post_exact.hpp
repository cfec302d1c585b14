// SPDX-License-Identifier: Apache-2.0
// The hardware's post unit over whole tensors, bit for bit: exact evaluation of an exported network.
//
// Shape     rows x channels, row-major without gaps; gamma and beta per channel, FP16 bits.
// Units     acc: whole numbers of 2^-9, below 2^52 (exact in a double). Codes are FP8 E4M3.
// Numerics  hw/numerics/post.hpp, including FP16's subnormals, overflow and NaN.
// Errors    an activation that the unit lacks (GELU): wd::Error.
// Test      post_exact_test.cpp; hw/numerics/post_kernels_test.cpp
#pragma once

#include <cstddef>
#include <cstdint>

#include "algo/graph/graph.hpp"

namespace wd::algo {

/// FP8 codes of activation(fma16(fp16(acc * 2^(-9 - acc_shift)), gamma, beta) + residual * 2^residual_shift).
/// The residual, if not null, holds FP8 codes of the same shape; -15 <= residual_shift <= 15.
void post_exact(std::size_t rows, std::size_t channels, const double* acc, int acc_shift,
                const std::uint16_t* gamma, const std::uint16_t* beta, const std::uint8_t* residual,
                int residual_shift, Activation activation, std::uint8_t* out);

/// The class scores: FP16 bits after the first fused product.
void post_scores(std::size_t rows, std::size_t channels, const double* acc, int acc_shift,
                 const std::uint16_t* gamma, const std::uint16_t* beta, std::uint16_t* out);

}  // namespace wd::algo
