// SPDX-License-Identifier: Apache-2.0
#include "flow/machine_peak.hpp"

#include <catch2/catch.hpp>

using namespace wd;

TEST_CASE("machine peak: each loop makes the products that it counts", "[flow][oracle]") {
  std::size_t seen = 0;
  for (const flow::ProductLoop& loop : flow::product_loops()) {
    if (!loop.available()) continue;
    INFO(loop.name);
    ++seen;
    // Sums of 1 x 1 are the number of products, if each instruction multiplies all its operands in each round.
    for (const std::uint64_t products : {std::uint64_t{655360} * 12, std::uint64_t{655360} * 36})
      CHECK(loop.run(products) == products);
  }
  CHECK(seen > 0);
}

TEST_CASE("machine peak: the best instructions there are, and memory that no cache holds", "[flow]") {
  const flow::MachinePeak products = flow::measure_products(0.02), memory = flow::measure_memory(0.02);
  bool known = false;
  for (const flow::ProductLoop& loop : flow::product_loops())
    known |= loop.available() && products.instructions == loop.name;
  CHECK(known);
  CHECK(products.products_per_second > 0);
  CHECK(memory.bytes_per_second > 0);
  CHECK(memory.array_bytes >= std::size_t{64} << 20);
}
