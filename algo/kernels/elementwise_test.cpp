// SPDX-License-Identifier: Apache-2.0
// Each elementwise kernel of each instruction set against plain loops, FP8 against its formats' definitions.
#include "algo/kernels/elementwise.hpp"

#include <algorithm>
#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "algo/data/counter_random.hpp"
#include "hw/numerics/fp8.hpp"

using namespace wd;
using namespace wd::algo;

namespace {

constexpr InstructionSet all_sets[] = {InstructionSet::sse2, InstructionSet::avx2, InstructionSet::avx512};

template <typename T>
std::vector<const ElementwiseKernels<T>*> tables() {
  std::vector<const ElementwiseKernels<T>*> result;
  for (InstructionSet set : all_sets)
    if (const auto* table = elementwise_for<T>(set)) result.push_back(table);
  return result;
}

template <typename T>
std::vector<T> random_values(std::size_t count, std::uint64_t seed, double scale = 1, double offset = 0) {
  std::vector<T> values;
  for (std::size_t i = 0; i < count; ++i)
    values.push_back(T(static_cast<float>(offset + scale * random_normal(seed, RandomStream::scores, i))));
  return values;
}

std::uint32_t bits(float x) { return std::bit_cast<std::uint32_t>(x); }
std::uint32_t bits(BFloat16 x) { return x.bits; }

template <typename T>
std::size_t differences(const std::vector<T>& a, const std::vector<T>& b) {
  std::size_t count = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) count += bits(a[i]) != bits(b[i]);
  return count;
}

/// Bit patterns of all kinds: every exponent, subnormals, ties, infinities, NaN.
std::vector<float> hard_floats() {
  std::vector<float> values{0.0f,
                            -0.0f,
                            std::numeric_limits<float>::infinity(),
                            -std::numeric_limits<float>::infinity(),
                            std::numeric_limits<float>::quiet_NaN(),
                            std::bit_cast<float>(0xff800001u),
                            std::bit_cast<float>(0x7fffffffu)};
  for (std::uint32_t high = 0; high < (1u << 13); ++high)
    for (std::uint32_t low :
         {0u, 1u, 0x7fffu, 0x8000u, 0x8001u, 0x18000u, 0x3ffffu, 0x40000u, 0x40001u, 0x7ffffu})
      values.push_back(std::bit_cast<float>(high << 19 | low));
  for (int i = -40000; i < 40000; ++i) values.push_back(static_cast<float>(i) * 0x1p-13f);
  for (int i = -1000; i < 1000; ++i) values.push_back(static_cast<float>(i) * 0.5f);
  return values;
}

/// The finite values of a format of 8 bits, by code; NaN for the others.
std::vector<double> all_codes(int exponent_bits, int bias, int special_codes) {
  const int mantissa_bits = 7 - exponent_bits;
  std::vector<double> values;
  for (int code = 0; code < 128; ++code) {
    const int exponent = code >> mantissa_bits, mantissa = code & ((1 << mantissa_bits) - 1);
    const double fraction = std::ldexp(mantissa, -mantissa_bits);
    values.push_back(exponent == 0 ? std::ldexp(fraction, 1 - bias)
                                   : std::ldexp(1 + fraction, exponent - bias));
    if (code >= 128 - special_codes) values.back() = std::nan("");
  }
  return values;
}

/// The nearest of the codes' values, ties to the even code, saturating.
double nearest(const std::vector<double>& codes, double x) {
  if (std::isnan(x)) return x;
  const auto count = static_cast<std::size_t>(
      std::find_if(codes.begin(), codes.end(), [](double v) { return std::isnan(v); }) - codes.begin());
  const double magnitude = std::min(std::abs(x), codes[count - 1]);
  const auto above = static_cast<std::size_t>(
      std::lower_bound(codes.begin(), codes.begin() + static_cast<std::ptrdiff_t>(count), magnitude) -
      codes.begin());
  std::size_t best = above;
  if (above > 0) {
    const double up = codes[above] - magnitude, down = magnitude - codes[above - 1];
    if (down < up || (down == up && above % 2 == 1)) best = above - 1;
  }
  return codes[best] == 0 ? 0.0 : std::copysign(codes[best], x);
}

}  // namespace

TEST_CASE("elementwise: conversions round as BFloat16 does", "[algo][oracle]") {
  const std::vector<float> values = hard_floats();
  std::vector<BFloat16> expected, all(1 << 16);
  for (float x : values) expected.push_back(BFloat16(x));
  for (std::size_t code = 0; code < all.size(); ++code) all[code].bits = static_cast<std::uint16_t>(code);
  for (const auto* k : tables<BFloat16>()) {
    std::vector<BFloat16> rounded(values.size());
    k->from_float(values.size(), values.data(), rounded.data());
    CHECK(differences(rounded, expected) == 0);
    std::vector<float> wide(all.size());
    k->to_float(all.size(), all.data(), wide.data());
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < all.size(); ++i)
      wrong += bits(wide[i]) != static_cast<std::uint32_t>(i) << 16;
    CHECK(wrong == 0);
  }
}

TEMPLATE_TEST_CASE("elementwise: fake FP8 gives the nearest value of each format", "[algo][oracle]", float,
                   BFloat16) {
  struct Case {
    Fp8Format format;
    std::vector<double> codes;
  };
  const Case cases[] = {{Fp8Format::e4m3, all_codes(4, 7, 1)},
                        {Fp8Format::e5m2, all_codes(5, 15, 4)},
                        {Fp8Format::e3m4, all_codes(3, 3, 1)}};
  const std::vector<float> values = hard_floats();
  for (const Case& test : cases)
    for (const auto* k : tables<TestType>())
      for (float factor : {1.0f, 16.0f, 0.125f}) {
        std::vector<TestType> rounded;
        for (float x : values) rounded.push_back(TestType(x));
        const std::vector<TestType> before = rounded;
        k->fake_fp8(test.format, rounded.size(), factor, rounded.data());
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < before.size(); ++i) {
          const float x = float(before[i]) * factor;
          const auto expected = static_cast<float>(nearest(test.codes, static_cast<double>(x))) / factor;
          wrong += std::isnan(expected) ? !std::isnan(float(rounded[i]))
                                        : bits(float(rounded[i])) != bits(expected);
          if (test.format == Fp8Format::e4m3 && !std::isnan(x))
            wrong += float(rounded[i]) != numerics::fp8_to_float(numerics::fp8_from_float(x)) / factor;
        }
        CHECK(wrong == 0);
      }
  for (const Case& test : cases)
    CHECK(static_cast<double>(fp8_largest(test.format)) ==
          nearest(test.codes, std::numeric_limits<double>::infinity()));
}

TEST_CASE("elementwise: GELU and its slope keep 1e-6 of the error function's", "[algo][oracle]") {
  std::vector<float> x;
  for (int i = -16 * 4096; i < 16 * 4096; ++i) x.push_back(static_cast<float>(i) / 4096);
  const std::vector<float> one(16, 1.0f), zero(16, 0.0f);
  for (const auto* k : tables<float>()) {
    std::vector<float> y(x.size()), slope(x.size(), 1.0f);
    k->normalize(x.size() / 16, 16, x.data(), one.data(), zero.data(), nullptr, Activation::gelu, y.data());
    k->activation_gradient(x.size() / 16, 16, x.data(),
                           {Activation::gelu, nullptr, nullptr, one.data(), zero.data()}, slope.data());
    double worst = 0, worst_slope = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double z = static_cast<double>(x[i]);
      const double below = std::erfc(-z / std::sqrt(2)) / 2;
      const double density = std::exp(-z * z / 2) / std::sqrt(2 * M_PI);
      worst = std::max(worst, std::abs(static_cast<double>(y[i]) - z * below) / std::max(1.0, std::abs(z)));
      worst_slope = std::max(worst_slope, std::abs(static_cast<double>(slope[i]) - (below + z * density)));
    }
    CHECK(worst < 1e-6);
    CHECK(worst_slope < 1e-6);
  }
}

namespace {

/// Gathers the results of kernels.
struct Results {
  std::vector<float> all;
  template <typename T>
  void operator()(const std::vector<T>& values) {
    for (T v : values) all.push_back(float(v));
  }
};

template <typename T>
struct Fixture {
  static constexpr std::size_t rows = 9, channels = 48, size = rows * channels;
  std::vector<T> x = random_values<T>(size, 1, 2, 3), dy = random_values<T>(size, 2),
                 y = random_values<T>(size, 3), side = random_values<T>(size, 4);
  std::vector<float> a = random_values<float>(channels, 5), b = random_values<float>(channels, 6),
                     c = random_values<float>(channels, 7), d = random_values<float>(channels, 8);
  std::vector<T> out = y;
  std::vector<float> sum = a, product = a, square = a;
  Results keep;

  void batch_norm(const ElementwiseKernels<T>& k, Activation activation, const T* residual) {
    const ActivationInput<T> at{activation, y.data(), residual, a.data(), b.data()};
    k.channel_sums(rows, channels, x.data(), product.data(), sum.data(), square.data());
    keep(product), keep(sum), keep(square);
    k.normalize(rows, channels, x.data(), a.data(), b.data(), residual, activation, out.data());
    keep(out);
    k.activation_gradient(rows, channels, x.data(), at, (out = dy).data());
    keep(out);
    k.norm_gradient_sums(rows, channels, x.data(), at, c.data(), (out = dy).data(), sum.data(),
                         product.data());
    keep(out), keep(sum), keep(product);
  }
  void layer_norm(const ElementwiseKernels<T>& k, Activation activation, const T* residual) {
    std::fill(a.begin() + 41, a.end(), 0.0f);
    const LayerNormChannels norm{channels, 41, a.data(), b.data(), 1e-6f};
    const ActivationInput<T> at{activation, y.data(), residual, nullptr, nullptr};
    k.layer_normalize(rows, norm, x.data(), residual, activation, out.data());
    keep(out);
    k.layer_gradient_sums(rows, norm, x.data(), at, (out = dy).data(), sum.data(), product.data());
    keep(out), keep(sum), keep(product);
    k.layer_gradient(rows, norm, dy.data(), x.data(), out.data(), residual != nullptr);
    keep(out);
  }
  void others(const ElementwiseKernels<T>& k, bool accumulate) {
    k.norm_gradient(rows, channels, dy.data(), x.data(), a.data(), b.data(), c.data(), d.data(), out.data(),
                    accumulate);
    keep(out);
    k.scale_channels(rows, channels, dy.data(), a.data(), out.data(), accumulate), keep(out);
    for (std::size_t count : {size, size - 1, size - 15, std::size_t{3}, std::size_t{0}}) {
      k.add(count, x.data(), out.data(), accumulate), keep(out);
      keep(std::vector<float>{k.max_magnitude(count, x.data())});
    }
    const T* in[] = {x.data(), y.data(), side.data()};
    const std::uint8_t taps[] = {0, 7, 255};
    std::vector<std::uint8_t> winner(size);
    k.pool_sum(size, 3, in, 1.0f / 3, out.data(), accumulate), keep(out);
    k.pool_max(size, 3, in, taps, out.data(), winner.data()), keep(out);
    const std::uint8_t* winners[] = {winner.data(), winner.data(), winner.data()};
    k.pool_max_gradient(size, 3, in, winners, taps, out.data(), accumulate), keep(out);
    keep(std::vector<float>(winner.begin(), winner.end()));
  }
};

template <typename T>
std::vector<float> run_all(const ElementwiseKernels<T>& k) {
  Fixture<T> f;
  for (Activation activation : {Activation::none, Activation::relu, Activation::gelu})
    for (const T* residual : {static_cast<const T*>(nullptr), static_cast<const T*>(f.side.data())}) {
      f.batch_norm(k, activation, residual);
      f.layer_norm(k, activation, residual);
    }
  f.others(k, false);
  f.others(k, true);
  return f.keep.all;
}

}  // namespace

TEMPLATE_TEST_CASE("elementwise: AVX2 and AVX-512 agree bit for bit, SSE2 within a rounding", "[algo]", float,
                   BFloat16) {
  const auto sets = tables<TestType>();
  const std::vector<float> plain = run_all(*sets[0]), best = run_all(*sets.back());
  CHECK(plain.size() > 10000);
  if (sets.size() == 3) CHECK(differences(run_all(*sets[1]), best) == 0);
  const float bound = std::is_same_v<TestType, float> ? 1e-5f : 0x1p-7f;
  std::size_t apart = 0;
  for (std::size_t i = 0; i < plain.size(); ++i)
    apart += !(std::abs(plain[i] - best[i]) <= bound * std::max(1.0f, std::abs(best[i])));
  CHECK(apart == 0);
}

TEMPLATE_TEST_CASE("elementwise: sums, maxima and tails", "[algo][oracle]", float, BFloat16) {
  for (const auto* k : tables<TestType>())
    for (std::size_t count : {std::size_t{1}, std::size_t{15}, std::size_t{16}, std::size_t{37}}) {
      const auto x = random_values<TestType>(count + 1, 1), before = random_values<TestType>(count + 1, 2);
      std::vector<TestType> sum = before, copy = before;
      k->add(count, x.data(), sum.data(), true);
      k->add(count, x.data(), copy.data(), false);
      float most = 0;
      for (std::size_t i = 0; i < count; ++i) {
        CHECK(float(sum[i]) == float(TestType(float(x[i]) + float(before[i]))));
        CHECK(float(copy[i]) == float(x[i]));
        most = std::max(most, std::abs(float(x[i])));
      }
      CHECK(float(sum[count]) == float(before[count]));
      CHECK(float(copy[count]) == float(before[count]));
      CHECK(k->max_magnitude(count, x.data()) == most);
    }
}

TEMPLATE_TEST_CASE("elementwise: a NaN is seen, not masked", "[algo]", float, BFloat16) {
  const std::vector<TestType> x(16, TestType(std::nanf("")));
  const std::vector<float> one(16, 1.0f);
  for (const auto* k : tables<TestType>()) {
    for (Activation activation : {Activation::none, Activation::relu, Activation::gelu}) {
      std::vector<TestType> out(16);
      k->normalize(1, 16, x.data(), one.data(), one.data(), nullptr, activation, out.data());
      CHECK(std::isnan(float(out[5])));
    }
    CHECK(std::isnan(k->max_magnitude(7, x.data())));
  }
}
