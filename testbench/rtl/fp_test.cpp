// SPDX-License-Identifier: Apache-2.0
// The post unit's number formats in RTL against hw/numerics. Catch2 sees differences only, for speed.
#include <Vwd_fp_harness.h>

#include <catch2/catch.hpp>
#include <random>

#include "hw/numerics/post.hpp"

namespace {

using namespace wd::numerics;

std::mt19937_64 random_bits(7);

/// FP16 bits: corners, all exponents alike, near cancellation with `other`.
Fp16 fp16_case(Fp16 other) {
  static constexpr Fp16 corners[] = {0,      0x8000, 1,      0x8001, 0x3ff,  0x400,  0x83ff, 0x3c00, 0xbc00,
                                     0x7bff, 0xfbff, 0x7c00, 0xfc00, 0x7e00, 0x7c01, 0x5f40, 0x5f3f, 0xdf40};
  const std::uint64_t bits = random_bits();
  switch (bits >> 60) {
    case 0:
      return corners[bits % std::size(corners)];
    case 1:
      return static_cast<Fp16>((other ^ 0x8000) + bits % 5 - 2);
    default:
      return static_cast<Fp16>(bits);
  }
}

TEST_CASE("fp: every FP16 becomes the same FP8", "[rtl][oracle]") {
  Vwd_fp_harness fp;
  for (unsigned z = 0; z < 0x10000; ++z) {
    fp.a_i = static_cast<Fp16>(z);
    fp.eval();
    const Fp8Result expected = fp8_from_fp16(static_cast<Fp16>(z));
    if (fp.fp8_o != (expected.saturated << 8 | expected.code)) {
      CAPTURE(z);
      REQUIRE(fp.fp8_o == (expected.saturated << 8 | expected.code));
    }
  }
  SUCCEED();
}

TEST_CASE("fp: every FP8 code becomes the FP16 of its units", "[rtl][oracle]") {
  Vwd_fp_harness fp;
  for (unsigned code = 0; code < 256; ++code) {
    fp.code_i = code;
    fp.eval();
    CAPTURE(code);
    CHECK(fp.value_o == post_scale(fp8_units(static_cast<std::uint8_t>(code)), 0));
  }
}

TEST_CASE("fp: accumulators become the same FP16", "[rtl][oracle]") {
  Vwd_fp_harness fp;
  for (int i = 0; i < 400000; ++i) {
    const std::uint64_t bits = random_bits();
    // Every length alike; a quarter of them a few bits only, for ties.
    std::int64_t acc = static_cast<std::int64_t>(bits) >> (16 + bits % 48);
    if (bits >> 62 == 0) acc = acc & ~((std::int64_t{1} << random_bits() % 40) - 1);
    if (bits >> 62 == 1) acc = static_cast<std::int64_t>(random_bits() % 8192) << random_bits() % 34;
    const int shift = static_cast<int>(random_bits() % 64) - 32;
    fp.acc_i = static_cast<std::uint64_t>(acc) & 0xffffffffffff;
    fp.acc_shift_i = shift & 63;
    fp.eval();
    if (fp.scaled_o != post_scale(acc, shift)) {
      CAPTURE(acc, shift);
      REQUIRE(fp.scaled_o == post_scale(acc, shift));
    }
  }
  SUCCEED();
}

TEST_CASE("fp: fma rounds once", "[rtl][oracle]") {
  Vwd_fp_harness fp;
  for (int i = 0; i < 1000000; ++i) {
    const Fp16 a = fp16_case(0), b = fp16_case(a), c = fp16_case(fp16_fma(a, b, 0));
    fp.a_i = a, fp.b_i = b, fp.c_i = c;
    fp.eval();
    if (fp.fma_o != fp16_fma(a, b, c)) {
      CAPTURE(a, b, c);
      REQUIRE(fp.fma_o == fp16_fma(a, b, c));
    }
  }
  SUCCEED();
}

TEST_CASE("fp: residuals are added exactly, then rounded", "[rtl][oracle]") {
  Vwd_fp_harness fp;
  for (int i = 0; i < 600000; ++i) {
    const auto residual = static_cast<std::uint8_t>(random_bits());
    const int shift = static_cast<int>(random_bits() % 31) - 15;
    const Fp16 y = fp16_case(post_residual(0, residual, shift));
    fp.c_i = y, fp.residual_i = residual, fp.residual_shift_i = shift & 63;
    fp.eval();
    if (fp.added_o != post_residual(y, residual, shift)) {
      CAPTURE(y, int{residual}, shift);
      REQUIRE(fp.added_o == post_residual(y, residual, shift));
    }
  }
  SUCCEED();
}

}  // namespace
