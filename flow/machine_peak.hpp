// SPDX-License-Identifier: Apache-2.0
// What one core of this machine can do at most: int8 products a second, bytes a second to and from memory. Speeds of two
// machines are compared as fractions of these.
//
// What      products: multiply-adds of 8-bit operands in 32-bit sums, over registers alone, with the best of the instructions that there
//           are. Memory: a triad, a = b + s c, over arrays that no cache holds; its writes are counted once.
// Units     best of several measurements of a fraction of a second, as others may use the core meanwhile.
// Test      machine_peak_test.cpp (that the products are made, by their sums)
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace wd::flow {

/// A way to multiply; `run` makes about `products` of 1 x 1 and returns their sum, which is how many there were.
struct ProductLoop {
  const char* name;
  bool (*available)();
  std::uint64_t (*run)(std::uint64_t products);
};

/// The slowest first.
std::span<const ProductLoop> product_loops();

struct MachinePeak {
  double products_per_second = 0, bytes_per_second = 0;
  std::string instructions;  // of the products
  std::size_t array_bytes = 0;
};

/// @param seconds of each measurement's repetitions
MachinePeak measure_products(double seconds = 0.5);
MachinePeak measure_memory(double seconds = 1);

}  // namespace wd::flow
