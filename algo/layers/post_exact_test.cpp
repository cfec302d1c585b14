// SPDX-License-Identifier: Apache-2.0
// The post unit over tensors through the public calls; its kernels are tested in hw/numerics/post_kernels_test.cpp.
#include "algo/layers/post_exact.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <vector>

#include "base/error.hpp"
#include "hw/numerics/post.hpp"

using namespace wd;
using namespace wd::algo;

namespace {

struct Tensors {
  std::size_t rows = 7, channels = 16;
  std::vector<double> acc;
  std::vector<std::uint16_t> gamma, beta;
  std::vector<std::uint8_t> residual;

  Tensors() {
    std::mt19937 random(5);
    for (std::size_t i = 0; i < rows * channels; ++i) {
      acc.push_back(static_cast<double>(static_cast<int>(random() % 200000) - 100000));
      residual.push_back(static_cast<std::uint8_t>(random()));
    }
    for (std::size_t c = 0; c < channels; ++c) {  // from 2^-7 and 2 on, of any sign
      gamma.push_back(static_cast<std::uint16_t>((random() & 0x87ff) | 0x2000));
      beta.push_back(static_cast<std::uint16_t>((random() & 0x87ff) | 0x4000));
    }
  }
  numerics::Fp16 scaled(std::size_t i, int acc_shift) const {
    return numerics::fp16_fma(numerics::post_scale(static_cast<std::int64_t>(acc[i]), acc_shift),
                              gamma[i % channels], beta[i % channels]);
  }
};

}  // namespace

TEST_CASE("post_exact: activation and residual", "[algo][oracle]") {
  const Tensors t;
  std::vector<std::uint8_t> out(t.acc.size());
  post_exact(t.rows, t.channels, t.acc.data(), 2, t.gamma.data(), t.beta.data(), t.residual.data(), -3,
             Activation::relu, out.data());
  for (std::size_t i = 0; i < out.size(); ++i)
    REQUIRE(out[i] == numerics::fp8_from_fp16(
                          numerics::post_relu(numerics::post_residual(t.scaled(i, 2), t.residual[i], -3)))
                          .code);
  CHECK_THROWS_WITH(post_exact(t.rows, t.channels, t.acc.data(), 0, t.gamma.data(), t.beta.data(), nullptr, 0,
                               Activation::gelu, out.data()),
                    "the hardware's post unit has no GELU; train with ReLU what is to be exported");
}

TEST_CASE("post_exact: scores", "[algo][oracle]") {
  const Tensors t;
  std::vector<std::uint16_t> out(t.acc.size());
  post_scores(t.rows, t.channels, t.acc.data(), 3, t.gamma.data(), t.beta.data(), out.data());
  for (std::size_t i = 0; i < out.size(); ++i) REQUIRE(out[i] == t.scaled(i, 3));
}
