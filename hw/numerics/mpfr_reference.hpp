// SPDX-License-Identifier: Apache-2.0
// The post unit's arithmetic by GNU MPFR, for tests: a foreign library rounds, nothing of hw/numerics is used.
//
// Numerics  MPFR computes with 11 or 4 bits of significand and no limit of exponent, says on which side of the exact result it is, and
//           from that makes subnormals and overflow (mpfr_check_range, mpfr_subnormalize), so each result is rounded once.
// Formats   bits are taken apart and put together by the standards' formulas in double, which holds every value of both formats.
#pragma once

#include <mpfr.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace wd::mpfr {

inline constexpr std::uint16_t half_nan = 0x7e00;  // the only one that is made

/// binary16 by IEEE 754-2008, 3.4.
inline double half_value(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 0x3ff;
  const double sign = bits & 0x8000 ? -1 : 1;
  if (exponent == 31) return fraction != 0 ? std::nan("") : sign * HUGE_VAL;
  return exponent == 0 ? sign * std::ldexp(fraction, -24) : sign * std::ldexp(1024 + fraction, exponent - 25);
}

/// E4M3 by OCP OFP8, table 1; NaN for its two NaN codes.
inline double fp8_value(std::uint8_t code) {
  const int exponent = code >> 3 & 15, fraction = code & 7;
  const double sign = code & 0x80 ? -1 : 1;
  if (exponent == 15 && fraction == 7) return std::nan("");
  return exponent == 0 ? sign * std::ldexp(fraction, -9) : sign * std::ldexp(8 + fraction, exponent - 10);
}

/// A binary floating-point format and a variable of it. Exponents are MPFR's, of a significand in [1/2, 1).
class Format {
 public:
  Format(int bits, int least, int greatest) : least_(least), greatest_(greatest) {
    mpfr_init2(result_, bits);
    for (mpfr_ptr operand : {a_, b_, c_}) mpfr_init2(operand, 64);
  }
  Format(const Format&) = delete;
  Format& operator=(const Format&) = delete;
  ~Format() { mpfr_clears(result_, a_, b_, c_, static_cast<mpfr_ptr>(nullptr)); }

  double round(double value) { return narrow(mpfr_set_d(result_, value, MPFR_RNDN)); }
  /// value * 2^exponent
  double scaled(std::int64_t value, int exponent) {
    return narrow(mpfr_set_si_2exp(result_, value, exponent, MPFR_RNDN));
  }
  double add(double a, double b) {
    mpfr_set_d(a_, a, MPFR_RNDN), mpfr_set_d(b_, b, MPFR_RNDN);
    return narrow(mpfr_add(result_, a_, b_, MPFR_RNDN));
  }
  double fma(double a, double b, double c) {
    mpfr_set_d(a_, a, MPFR_RNDN), mpfr_set_d(b_, b, MPFR_RNDN), mpfr_set_d(c_, c, MPFR_RNDN);
    return narrow(mpfr_fma(result_, a_, b_, c_, MPFR_RNDN));
  }

 private:
  /// The result within the format's range; `side` is the ternary value of what made it.
  double narrow(int side) {
    const mpfr_exp_t low = mpfr_get_emin(), high = mpfr_get_emax();
    mpfr_set_emin(least_), mpfr_set_emax(greatest_);
    side = mpfr_check_range(result_, side, MPFR_RNDN);
    mpfr_subnormalize(result_, side, MPFR_RNDN);
    mpfr_set_emin(low), mpfr_set_emax(high);
    return mpfr_get_d(result_, MPFR_RNDN);
  }
  mpfr_exp_t least_, greatest_;
  mpfr_t result_, a_, b_, c_;
};

class Half {
 public:
  std::uint16_t round(double value) { return bits(format_.round(value)); }
  std::uint16_t scaled(std::int64_t value, int exponent) { return bits(format_.scaled(value, exponent)); }
  std::uint16_t fma(std::uint16_t a, std::uint16_t b, std::uint16_t c) {
    return bits(format_.fma(half_value(a), half_value(b), half_value(c)));
  }
  /// y + code * 2^shift
  std::uint16_t add(std::uint16_t y, std::uint8_t code, int shift) {
    return bits(format_.add(half_value(y), std::ldexp(fp8_value(code), shift)));
  }

 private:
  static std::uint16_t bits(double value) {
    if (std::isnan(value)) return half_nan;
    const std::uint16_t sign = std::signbit(value) ? 0x8000 : 0;
    value = std::fabs(value);
    if (std::isinf(value)) return sign | 0x7c00;
    if (value < 0x1p-14) return static_cast<std::uint16_t>(sign | static_cast<int>(std::ldexp(value, 24)));
    const int exponent = std::ilogb(value);
    return static_cast<std::uint16_t>(sign | (exponent + 15) << 10 |
                                      (static_cast<int>(std::ldexp(value, 10 - exponent)) - 1024));
  }
  Format format_{11, -23, 16};  // 2^-24 = 1/2 * 2^-23; 65504 < 2^16
};

class Fp8 {
 public:
  /// Saturating; a zero is +0 (docs/numerics.md).
  std::uint8_t round(double value) {
    if (std::isnan(value)) return 0x7f;
    double rounded = format_.round(value);
    const std::uint8_t sign = std::signbit(rounded) ? 0x80 : 0;
    rounded = std::min(std::fabs(rounded), 448.0);
    if (rounded == 0) return 0;
    if (rounded < 0x1p-6) return static_cast<std::uint8_t>(sign | static_cast<int>(std::ldexp(rounded, 9)));
    const int exponent = std::ilogb(rounded);
    return static_cast<std::uint8_t>(sign | (exponent + 7) << 3 |
                                     (static_cast<int>(std::ldexp(rounded, 3 - exponent)) - 8));
  }

 private:
  Format format_{4, -8, 9};  // 2^-9 = 1/2 * 2^-8; 480, which is no number of it, is cut to 448
};

/// Halves at which arithmetic goes wrong: both signs, every exponent, fractions of no bit, one bit, ones from the top or from the
/// bottom, all but one bit (as in the first level of Hauser's TestFloat).
inline std::vector<std::uint16_t> directed_halves() {
  std::vector<std::uint16_t> fractions{0, 0x3ff};
  for (int bit = 0; bit < 10; ++bit) {
    const int one = 1 << bit;
    for (int fraction : {one, 0x3ff ^ one, one - 1, 0x3ff & ~(one - 1)})
      fractions.push_back(static_cast<std::uint16_t>(fraction));
  }
  std::vector<bool> seen(0x10000);
  std::vector<std::uint16_t> halves;
  for (int sign : {0, 0x8000})
    for (int exponent = 0; exponent < 32; ++exponent)
      for (std::uint16_t fraction : fractions) {
        const auto half = static_cast<std::uint16_t>(sign | exponent << 10 | fraction);
        if (!seen[half]) halves.push_back(half);
        seen[half] = true;
      }
  return halves;
}

/// Operands of the post unit's steps from random bits; every fourth addend nearly cancels the product.
class RandomOperands {
 public:
  explicit RandomOperands(std::uint64_t seed) : random_(seed) {}
  void draw() {
    const std::uint64_t bits = random_();
    a = static_cast<std::uint16_t>(bits), b = static_cast<std::uint16_t>(bits >> 16),
    c = static_cast<std::uint16_t>(bits >> 32);
    if (bits >> 62 == 0)
      c = static_cast<std::uint16_t>((half_.fma(a, b, 0x8000) ^ 0x8000) + static_cast<int>(bits >> 48 & 3) -
                                     1);
    y = (c & 0x7fff) > 0x7c00 ? half_nan : c;
    code = static_cast<std::uint8_t>(bits >> 40);
    if ((code & 0x7f) == 0x7f) code ^= 1;
    const std::uint64_t shifts = random_();
    shift = static_cast<int>(shifts % 31) - 15;
    acc = static_cast<std::int64_t>(bits) >> (16 + (shifts >> 8) % 48);
    acc_shift = static_cast<int>(shifts >> 16 & 63) - 32;
  }
  std::uint16_t fma() { return half_.fma(a, b, c); }
  /// IEEE 754 makes (-0) + (-0) a -0; a residual's zero has no sign here (docs/numerics.md).
  std::uint16_t added() { return half_.add(y, (code & 0x7f) == 0 ? 0 : code, shift); }
  std::uint16_t scaled() { return half_.scaled(acc, -9 - acc_shift); }

  std::uint16_t a, b, c, y;  // y: an fma's result, of which the only NaN is half_nan
  std::uint8_t code;         // no NaN
  int shift, acc_shift;
  std::int64_t acc;  // up to 48 bits

 private:
  std::mt19937_64 random_;
  Half half_;
};

}  // namespace wd::mpfr
