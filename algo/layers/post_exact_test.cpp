// SPDX-License-Identifier: Apache-2.0
// The post unit over tensors against hw/numerics, bit for bit, in each instruction set.
#include "algo/layers/post_exact.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "algo/data/counter_random.hpp"
#include "algo/kernels/elementwise.hpp"
#include "base/error.hpp"
#include "hw/numerics/post.hpp"

using namespace wd;
using namespace wd::algo;

namespace {

std::uint64_t bits(std::uint64_t seed, std::size_t i) { return random_bits(seed, RandomStream::scores, i); }

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

std::size_t wrong_codes(const PostKernels& k, const Tensors& t, int acc_shift, bool residual,
                        int residual_shift, bool relu) {
  std::vector<std::uint8_t> out(t.acc.size());
  std::vector<double> gamma, beta;
  for (std::uint16_t g : t.gamma) gamma.push_back(static_cast<double>(numerics::fp16_to_float(g)));
  for (std::uint16_t b : t.beta) beta.push_back(static_cast<double>(numerics::fp16_to_float(b)));
  k.codes(t.rows, t.channels, t.acc.data(), std::ldexp(1.0, -9 - acc_shift), gamma.data(), beta.data(),
          residual ? t.residual.data() : nullptr, std::ldexp(1.0, residual_shift), relu, out.data());
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    numerics::Fp16 z = scaled(t, i, acc_shift);
    if (residual) z = numerics::post_residual(z, t.residual[i], residual_shift);
    if (relu) z = numerics::post_relu(z);
    wrong += out[i] != numerics::fp8_from_fp16(z).code;
  }
  return wrong;
}

const PostKernels* set_under_test() {
  return post_kernels_for(GENERATE(InstructionSet::sse2, InstructionSet::avx2, InstructionSet::avx512));
}

}  // namespace

TEST_CASE("post_exact: codes equal hw/numerics", "[algo][oracle]") {
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

TEST_CASE("post_exact: scores equal hw/numerics", "[algo][oracle]") {
  const bool any_bits = GENERATE(false, true);
  for (int acc_shift : {0, 3, 15, 24}) {
    const Tensors t = make(3000, 10, any_bits, static_cast<std::uint64_t>(acc_shift));
    std::vector<std::uint16_t> out(t.acc.size());
    post_scores(t.rows, t.channels, t.acc.data(), acc_shift, t.gamma.data(), t.beta.data(), out.data());
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < out.size(); ++i) wrong += out[i] != scaled(t, i, acc_shift);
    CHECK(wrong == 0);
  }
}

TEST_CASE("post_exact: ties of the fused sum are decided by what lies far below", "[algo][oracle]") {
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
      if (const PostKernels* k = post_kernels_for(set)) {
        CHECK(wrong_codes(*k, t, acc_shift, false, 0, false) == 0);
        CHECK(wrong_codes(*k, t, acc_shift, true, acc_shift, true) == 0);
      }
  std::vector<std::uint16_t> out(t.acc.size());
  post_scores(t.rows, t.channels, t.acc.data(), 9, t.gamma.data(), t.beta.data(), out.data());
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < out.size(); ++i) wrong += out[i] != scaled(t, i, 9);
  CHECK(wrong == 0);
}

TEST_CASE("post_exact: activation and residual through the public call", "[algo]") {
  const Tensors t = make(7, 16, false, 5);
  std::vector<std::uint8_t> out(t.acc.size());
  post_exact(7, 16, t.acc.data(), 2, t.gamma.data(), t.beta.data(), t.residual.data(), -3, Activation::relu,
             out.data());
  for (std::size_t i = 0; i < out.size(); ++i)
    REQUIRE(out[i] == numerics::fp8_from_fp16(
                          numerics::post_relu(numerics::post_residual(scaled(t, i, 2), t.residual[i], -3)))
                          .code);
  CHECK_THROWS_WITH(post_exact(7, 16, t.acc.data(), 0, t.gamma.data(), t.beta.data(), nullptr, 0,
                               Activation::gelu, out.data()),
                    "the hardware's post unit has no GELU; train with ReLU what is to be exported");
}
