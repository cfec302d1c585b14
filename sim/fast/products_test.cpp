// SPDX-License-Identifier: Apache-2.0
// The product kernels against plain sums of units times levels.
#include "sim/fast/products.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <tuple>

#include "hw/numerics/fp8.hpp"

using namespace wd;
using namespace wd::sim::fast;

namespace {

constexpr ProductKernel kernels[] = {ProductKernel::plain, ProductKernel::avx2, ProductKernel::avx512_vnni};

/// @param extreme activations of the largest magnitude, NaN codes among them, and weights of +-7 alone
void compare(std::size_t reduction, int pes, bool extreme, unsigned seed) {
  constexpr std::size_t groups = 16;
  const auto width = static_cast<std::size_t>(pes);
  std::mt19937 random(seed);
  std::vector<std::uint8_t> codes(groups * reduction);
  std::vector<std::int8_t> weights(reduction * width);
  for (std::uint8_t& code : codes) code = static_cast<std::uint8_t>(extreme ? 0x7e + random() % 2 : random());
  for (std::int8_t& weight : weights)
    weight = static_cast<std::int8_t>(extreme ? (random() % 8 == 0 ? -7 : 7)
                                              : static_cast<int>(random() % 15) - 7);
  Halves halves(codes.size());
  for (std::size_t i = 0; i < codes.size(); i += 16) halves.set(i, std::span(codes).subspan(i, 16));
  std::vector<std::int64_t> expected(groups * width);
  for (std::size_t g = 0; g < groups; ++g)
    for (std::size_t k = 0; k < reduction; ++k)
      for (std::size_t pe = 0; pe < width; ++pe)
        expected[g * width + pe] +=
            std::int64_t{numerics::fp8_units(codes[g * reduction + k])} * weights[k * width + pe];
  const std::vector<std::int16_t> pairs = paired_weights(weights, pes);
  for (ProductKernel kernel : kernels) {
    if (!available(kernel)) continue;
    INFO("kernel " << static_cast<int>(kernel) << ", reduction " << reduction << ", " << pes << " PEs");
    std::vector<std::int64_t> sums(groups * width, -1);
    multiply(kernel, halves, pairs, pes, sums);
    CHECK((sums == expected));
  }
}

}  // namespace

TEST_CASE("products: halves make up every code's units", "[sim][oracle]") {
  std::vector<std::uint8_t> codes(256);
  for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<std::uint8_t>(i);
  Halves halves(259);
  for (std::size_t i = 0; i < 256; i += 64)  // +0 and -0 alone are zero
    CHECK(halves.set(i + 1, std::span(codes).subspan(i, 64)) ==
          (i % 128 == 0 ? ~std::uint64_t{1} : ~std::uint64_t{0}));
  for (std::size_t i = 0; i < 256; ++i) {
    CHECK(512 * halves.high[i + 1] + halves.low[i + 1] == numerics::fp8_units(codes[i]));
    CHECK((halves.low[i + 1] >= 0 && halves.low[i + 1] < 512));
  }
  CHECK((halves.low[0] == 0 && halves.high[258] == 0));
}

TEST_CASE("products: every kernel gives the plain sums", "[sim][oracle]") {
  unsigned seed = 1;
  for (int pes : {16, 48, 64})
    for (std::size_t reduction : {16, 64, 144, 576}) compare(reduction, pes, false, seed++);
}

TEST_CASE("products: sums that leave 32 bits are exact", "[sim][oracle]") {
  compare(4608, 16, true, 1);
  compare((std::size_t{1} << 19) + 32, 16, true, 2);  // cut
}
