// SPDX-License-Identifier: Apache-2.0
// The post unit's number formats in RTL against GNU MPFR. Catch2 sees differences only, for speed.
#include <Vwd_fp_harness.h>

#include <catch2/catch.hpp>
#include <cmath>

#include "hw/numerics/mpfr_reference.hpp"

namespace {

using namespace wd;

std::uint16_t fma(Vwd_fp_harness& fp, std::uint16_t a, std::uint16_t b, std::uint16_t c) {
  fp.a_i = a, fp.b_i = b, fp.c_i = c;
  fp.eval();
  return fp.fma_o;
}

/// Every `step`-th directed pair as sum, as product and with a third directed operand.
void directed_pairs(std::size_t step) {
  Vwd_fp_harness fp;
  mpfr::Half half;
  const std::vector<std::uint16_t> halves = mpfr::directed_halves();
  std::size_t third = 0;
  for (std::size_t pair = 0; pair < halves.size() * halves.size(); pair += step) {
    const std::uint16_t a = halves[pair / halves.size()], b = halves[pair % halves.size()];
    const std::uint16_t c = halves[third = (third + 577) % halves.size()];
    const std::uint16_t operands[][3] = {{a, 0x3c00, b}, {a, b, 0x8000}, {a, b, c}};
    for (const auto& [x, y, z] : operands)
      if (fma(fp, x, y, z) != half.fma(x, y, z)) {
        CAPTURE(x, y, z);
        REQUIRE(fp.fma_o == half.fma(x, y, z));
      }
  }
}

void random_operands(std::uint64_t seed, int count) {
  Vwd_fp_harness fp;
  mpfr::RandomOperands is(seed);
  for (int i = 0; i < count; ++i) {
    is.draw();
    fp.acc_i = static_cast<std::uint64_t>(is.acc) & 0xffffffffffff;
    fp.acc_shift_i = is.acc_shift & 63;
    if (fma(fp, is.a, is.b, is.c) != is.fma() || fp.scaled_o != is.scaled()) {
      CAPTURE(is.a, is.b, is.c, is.acc, is.acc_shift);
      CHECK(fp.fma_o == is.fma());
      REQUIRE(fp.scaled_o == is.scaled());
    }
    fp.c_i = is.y, fp.residual_i = is.code, fp.residual_shift_i = is.shift & 63;
    fp.eval();
    if (fp.added_o != is.added()) {
      CAPTURE(is.y, int{is.code}, is.shift);
      REQUIRE(fp.added_o == is.added());
    }
  }
}

}  // namespace

TEST_CASE("fp by MPFR: every FP16 to FP8, every FP8 as FP16 of its units", "[rtl][oracle]") {
  Vwd_fp_harness fp;
  mpfr::Half half;
  mpfr::Fp8 fp8;
  for (unsigned z = 0; z < 0x10000; ++z) {
    const double value = mpfr::half_value(static_cast<std::uint16_t>(z));
    const unsigned expected = fp8.round(value) | (std::fabs(value) >= 464 ? 0x100 : 0);
    fp.a_i = static_cast<std::uint16_t>(z);
    fp.eval();
    if (fp.fp8_o != expected) {
      CAPTURE(z);
      REQUIRE(fp.fp8_o == expected);
    }
  }
  for (unsigned code = 0; code < 256; ++code) {
    if ((code & 0x7f) == 0x7f || code == 0x80) continue;  // no activation is one
    fp.code_i = code;
    fp.eval();
    CAPTURE(code);
    CHECK(fp.value_o == half.round(mpfr::fp8_value(static_cast<std::uint8_t>(code))));
  }
}

TEST_CASE("fp by MPFR: sums, products and fma of directed halves", "[rtl][oracle]") {
  directed_pairs(41);
}  // prime to the list's length

TEST_CASE("fp by MPFR: random operands of each step", "[rtl][oracle]") { random_operands(1, 100'000); }

// On demand: study.rtl_fp_mpfr
TEST_CASE("fp by MPFR, study: all directed pairs and 50 million random operands", "[.study]") {
  directed_pairs(1);
  for (std::uint64_t seed = 2; seed < 52; ++seed) random_operands(seed, 1'000'000);
}
