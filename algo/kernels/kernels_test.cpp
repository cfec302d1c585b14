// SPDX-License-Identifier: Apache-2.0
#include "algo/kernels/kernels.hpp"

#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "algo/data/counter_random.hpp"
#include "hw/numerics/fp16.hpp"
#include "hw/numerics/fp8.hpp"
#include "hw/numerics/post.hpp"

using namespace wd;
using namespace wd::algo;

namespace {

std::vector<float> random_floats(std::size_t count, std::uint64_t seed) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i)
    values[i] = static_cast<float>(random_normal(seed, RandomStream::scores, i));
  return values;
}

const Kernels* set_under_test() {
  return kernels_for(GENERATE(InstructionSet::sse2, InstructionSet::avx2, InstructionSet::avx512));
}

/// Bit patterns of all kinds: every exponent, subnormals, ties, infinities, NaN.
std::vector<float> hard_floats() {
  std::vector<float> values{0.0f, -0.0f, std::numeric_limits<float>::infinity(),
                            -std::numeric_limits<float>::infinity()};
  for (std::uint32_t high = 0; high < (1u << 12); ++high)
    for (std::uint32_t low : {0u, 1u, 0x7ffffu, 0x80000u, 0x80001u, 0xfffffu})
      if ((high & 0x7f8) != 0x7f8) values.push_back(std::bit_cast<float>(high << 20 | low));
  for (int i = -40000; i < 40000; ++i) values.push_back(static_cast<float>(i) * 0x1p-13f);
  for (int i = -1000; i < 1000; ++i) values.push_back(static_cast<float>(i) * 0.5f);
  return values;
}

}  // namespace

TEST_CASE("kernels: matrix products equal plain loops", "[algo][oracle]") {
  const Kernels* k = set_under_test();
  if (!k) return;
  const auto rows = GENERATE(std::size_t{1}, 7, 16, 33);
  const auto width = GENERATE(std::size_t{16}, 32);
  const bool accumulate = GENERATE(false, true);
  constexpr std::size_t depth = 21, ldo = 40;
  const std::vector<float> a = random_floats(rows * depth, 1), b = random_floats(depth * width, 2);
  std::vector<float> out = random_floats(rows * ldo, 3), turned = out;
  const std::vector<float> before = out;
  k->multiply(rows, depth, a.data(), depth, b.data(), width, out.data(), ldo, accumulate);
  std::vector<float> columns(depth * rows);  // a, depth x rows
  for (std::size_t i = 0; i < rows * depth; ++i) columns[i % depth * rows + i / depth] = a[i];
  k->multiply_transposed(rows, depth, columns.data(), rows, b.data(), width, width, turned.data(), ldo);
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t n = 0; n < ldo; ++n) {
      double sum = 0;
      if (n < width)
        for (std::size_t d = 0; d < depth; ++d)
          sum += static_cast<double>(a[r * depth + d]) * b[d * width + n];
      const double base = before[r * ldo + n];
      const double expected = n < width ? sum + (accumulate ? base : 0) : base;
      REQUIRE(out[r * ldo + n] == Approx(expected).margin(1e-5));
      REQUIRE(turned[r * ldo + n] == Approx(base + sum).margin(1e-5));
    }
}

TEST_CASE("kernels: a row's result does not depend on the rows beside it", "[algo]") {
  const Kernels& k = kernels();
  constexpr std::size_t rows = 24, depth = 50;
  const std::vector<float> a = random_floats(rows * depth, 1), b = random_floats(depth * 32, 2);
  std::vector<float> whole(rows * 32), parts(rows * 32);
  k.multiply(rows, depth, a.data(), depth, b.data(), 32, whole.data(), 32, false);
  for (std::size_t first : {0, 5, 13})
    k.multiply(first == 13 ? 11 : 8, depth, a.data() + first * depth, depth, b.data(), 32,
               parts.data() + first * 32, 32, false);
  CHECK(whole == parts);
}

TEST_CASE("kernels: fake FP8 equals fp8_from_float", "[algo][oracle]") {
  const Kernels* k = set_under_test();
  if (!k) return;
  const std::vector<float> values = hard_floats();
  for (float factor : {1.0f, 16.0f, 0.125f}) {
    std::vector<float> rounded = values;
    k->fake_fp8(rounded.size(), factor, rounded.data());
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const float expected = numerics::fp8_to_float(numerics::fp8_from_float(values[i] * factor)) / factor;
      wrong += std::bit_cast<std::uint32_t>(rounded[i]) != std::bit_cast<std::uint32_t>(expected);
    }
    CHECK(wrong == 0);
  }
  float nan = std::numeric_limits<float>::quiet_NaN();
  k->fake_fp8(1, 1.0f, &nan);
  CHECK(std::isnan(nan));
}

TEST_CASE("kernels: the post unit's rounding follows hw/numerics", "[algo][oracle]") {
  const Kernels* k = set_under_test();
  if (!k) return;
  constexpr std::size_t channels = 16, rows = 200;
  constexpr int in_exp = 4, out_exp = 3, residual_exp = 5;
  std::vector<std::int64_t> acc(rows * channels);
  std::vector<float> raw(acc.size()), residual(acc.size()), out(acc.size()), gamma(channels), beta(channels);
  std::vector<std::uint8_t> codes(acc.size());
  for (std::size_t i = 0; i < acc.size(); ++i) {
    acc[i] = static_cast<std::int64_t>(random_bits(1, RandomStream::scores, i) % 400000) - 200000;
    raw[i] = std::ldexp(static_cast<float>(acc[i]), numerics::fp8_unit_exp - in_exp);
    codes[i] = numerics::fp8_from_float(static_cast<float>(random_normal(2, RandomStream::scores, i) * 40));
    residual[i] = std::ldexp(numerics::fp8_to_float(codes[i]), -residual_exp);
  }
  std::vector<numerics::Fp16> gamma16, beta16;
  for (std::size_t c = 0; c < channels; ++c) {
    gamma16.push_back(
        numerics::fp16_from_float(static_cast<float>(random_normal(3, RandomStream::scores, c))));
    beta16.push_back(
        numerics::fp16_from_float(static_cast<float>(9 * random_normal(4, RandomStream::scores, c))));
    gamma[c] = numerics::fp16_to_float(gamma16[c]);
    beta[c] = numerics::fp16_to_float(beta16[c]);
  }
  const bool relu = GENERATE(false, true);
  k->post(rows, channels, raw.data(), {16.0f, 8.0f}, gamma.data(), beta.data(), residual.data(), relu,
          out.data());
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < acc.size(); ++i) {
    const numerics::Fp16 y =
        numerics::fp16_fma(numerics::post_scale(acc[i], 0), gamma16[i % channels], beta16[i % channels]);
    numerics::Fp16 z = numerics::post_residual(y, codes[i], out_exp - residual_exp);
    if (relu) z = numerics::post_relu(z);
    wrong += out[i] != std::ldexp(numerics::fp8_to_float(numerics::fp8_from_fp16(z).code), -out_exp);
  }
  // The emulation rounds a product and sum to FP32 on the way to FP16: ties may rarely differ.
  CHECK(wrong <= 2);
}
