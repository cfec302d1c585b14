// SPDX-License-Identifier: Apache-2.0
// A tile's exact sums as integer matrix products.
//
// What      an FP8 activation is a whole number of units, x = 512 * high + low with high and low in 16 bits; with weights in 16 bits the two
//           halves are products that the processor adds in 32 bits.
// Shape     weights [pair of the reduction][PE][2], activations [group][reduction]; a reduction is a multiple of 16, PEs are too.
// Numerics  low is 0 .. 511, |high| at most 480, |weight| at most 7: 2^19 products fit 32 bits; longer reductions are cut.
// Test      products_test.cpp (each kernel against plain sums)
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace wd::sim::fast {

/// The halves of a tile's activations.
struct Halves {
  std::vector<std::int16_t> low, high;

  /// So many zeros.
  explicit Halves(std::size_t count = 0) : low(count), high(count) {}
  /// @param at of the first code; at most 64  @return bit i: code i is not zero
  std::uint64_t set(std::size_t at, std::span<const std::uint8_t> codes);
};

/// @param weights [reduction][pe], signed levels
std::vector<std::int16_t> paired_weights(std::span<const std::int8_t> weights, int pes);

/// What computes them, best last; all give the same sums.
enum class ProductKernel { plain, avx2, avx512_vnni };

bool available(ProductKernel kernel);
ProductKernel best_product_kernel();

/// sums[group][pe] := sum over the reduction.
void multiply(ProductKernel kernel, const Halves& acts, std::span<const std::int16_t> weights, int pes,
              std::span<std::int64_t> sums);

}  // namespace wd::sim::fast
