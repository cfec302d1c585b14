// SPDX-License-Identifier: Apache-2.0
// The post unit on many values against post.hpp, bit for bit, in each instruction set.
#include "hw/numerics/post_kernels.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "hw/numerics/post.hpp"

using namespace wd;
using numerics::PostKernels;

namespace {

/// SplitMix64's output function.
std::uint64_t bits(std::uint64_t seed, std::size_t i) {
  std::uint64_t x = seed * 0x9e3779b97f4a7c15u + i * 0xd1342543de82ef95u;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
  x = (x ^ x >> 27) * 0x94d049bb133111ebu;
  return x ^ x >> 31;
}

struct Tensors {
  std::size_t rows, channels;
  std::vector<double> acc;
  std::vector<std::uint16_t> gamma, beta;
  std::vector<std::uint8_t> residual;
};

/// Accumulators of every magnitude up to 2^45; any FP16 bits (or such that |y| is moderate), any FP8 code.
Tensors make(std::size_t rows, std::size_t channels, bool any_bits, std::uint64_t seed) {
  Tensors t{rows, channels, {}, {}, {}, {}};
  for (std::size_t i = 0; i < rows * channels; ++i) {
    const std::uint64_t b = bits(seed, i);
    const auto magnitude = static_cast<std::int64_t>(b >> 8 & ((std::uint64_t{1} << (b % 46)) - 1));
    t.acc.push_back(static_cast<double>(b >> 63 ? -magnitude : magnitude));
    t.residual.push_back(static_cast<std::uint8_t>(bits(seed + 1, i)));
  }
  for (std::size_t c = 0; c < channels; ++c) {
    const auto wide = static_cast<std::uint16_t>(bits(seed + 2, c)),
               wide_beta = static_cast<std::uint16_t>(bits(seed + 3, c));
    t.gamma.push_back(any_bits ? wide : (wide & 0x87ff) | 0x2000);
    t.beta.push_back(any_bits ? wide_beta : (wide_beta & 0x87ff) | 0x4000);
  }
  return t;
}

numerics::Fp16 scaled(const Tensors& t, std::size_t i, int acc_shift) {
  const std::size_t c = i % t.channels;
  return numerics::fp16_fma(numerics::post_scale(static_cast<std::int64_t>(t.acc[i]), acc_shift), t.gamma[c],
                            t.beta[c]);
}

std::vector<double> values(const std::vector<std::uint16_t>& halves) {
  std::vector<double> result;
  for (std::uint16_t h : halves) result.push_back(static_cast<double>(numerics::fp16_to_float(h)));
  return result;
}

/// And one if the count of saturations is wrong.
std::size_t wrong_codes(const PostKernels& k, const Tensors& t, int acc_shift, bool residual,
                        int residual_shift, bool relu) {
  std::vector<std::uint8_t> out(t.acc.size());
  const std::size_t counted =
      k.codes(t.rows, t.channels, t.acc.data(), std::ldexp(1.0, -9 - acc_shift), values(t.gamma).data(),
              values(t.beta).data(), residual ? t.residual.data() : nullptr, std::ldexp(1.0, residual_shift),
              relu, out.data());
  std::size_t wrong = 0, saturated = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    numerics::Fp16 z = scaled(t, i, acc_shift);
    if (residual) z = numerics::post_residual(z, t.residual[i], residual_shift);
    if (relu) z = numerics::post_relu(z);
    wrong += out[i] != numerics::fp8_from_fp16(z).code;
    saturated += numerics::fp8_from_fp16(z).saturated;
  }
  return wrong + (counted != saturated);
}

std::size_t wrong_scores(const PostKernels& k, const Tensors& t, int acc_shift) {
  std::vector<std::uint16_t> out(t.acc.size());
  k.scores(t.rows, t.channels, t.acc.data(), std::ldexp(1.0, -9 - acc_shift), values(t.gamma).data(),
           values(t.beta).data(), out.data());
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < out.size(); ++i) wrong += out[i] != scaled(t, i, acc_shift);
  return wrong;
}

const PostKernels* set_under_test() {
  return numerics::post_kernels_for(
      GENERATE(InstructionSet::sse2, InstructionSet::avx2, InstructionSet::avx512));
}

}  // namespace

TEST_CASE("post kernels: codes equal hw/numerics", "[numerics][oracle]") {
  const PostKernels* k = set_under_test();
  if (!k) return;
  const bool any_bits = GENERATE(false, true), residual = GENERATE(false, true), relu = GENERATE(false, true);
  for (int shift : {-15, -4, 0, 1, 9, 15})
    for (std::size_t channels : {std::size_t{61}, std::size_t{3}}) {
      INFO("acc_shift and residual_shift " << shift << ", channels " << channels);
      const Tensors t = make(150, channels, any_bits, static_cast<std::uint64_t>(100 + shift));
      CHECK(wrong_codes(*k, t, shift < 0 ? -shift : shift, residual, shift, relu) == 0);
    }
}

TEST_CASE("post kernels: scores equal hw/numerics", "[numerics][oracle]") {
  const PostKernels* k = set_under_test();
  if (!k) return;
  const bool any_bits = GENERATE(false, true);
  for (int acc_shift : {0, 3, 15, 24})
    CHECK(wrong_scores(*k, make(3000, 10, any_bits, static_cast<std::uint64_t>(acc_shift)), acc_shift) == 0);
}

TEST_CASE("post kernels: ties of the fused sum are decided by what lies far below", "[numerics][oracle]") {
  // t * gamma is half a unit of beta's last place, moved by one unit of 2^-48.
  const std::vector<std::uint16_t> special{0x0000, 0x8000, 0x0001, 0x8001, 0x03ff, 0x0400,
                                           0x0401, 0x1000, 0x1001, 0x3bff, 0x3c00, 0x3c01,
                                           0x7bff, 0xfbff, 0x7c00, 0xfc00, 0x7e00};
  Tensors t{0, special.size() * special.size(), {}, {}, {}, {}};
  for (std::uint16_t g : special)
    for (std::uint16_t b : special) t.gamma.push_back(g), t.beta.push_back(b);
  for (std::int64_t a :
       {0, 1, 511, 512, 513, 1023, 1024, 1025, 2047, 2049, 4095, 4097, 33546239, 33546240, 33546241})
    for (int sign : {-1, 1}) {
      ++t.rows;
      for (std::size_t c = 0; c < t.channels; ++c) {
        t.acc.push_back(static_cast<double>(sign * a));
        t.residual.push_back(static_cast<std::uint8_t>(t.acc.size()));
      }
    }
  for (InstructionSet set : {InstructionSet::sse2, InstructionSet::avx2, InstructionSet::avx512})
    for (int acc_shift : {0, 8, 15})
      if (const PostKernels* k = numerics::post_kernels_for(set)) {
        CHECK(wrong_codes(*k, t, acc_shift, false, 0, false) == 0);
        CHECK(wrong_codes(*k, t, acc_shift, true, acc_shift, true) == 0);
        CHECK(wrong_scores(*k, t, acc_shift) == 0);
      }
}
