// SPDX-License-Identifier: Apache-2.0
#include "algo/layers/post_exact.hpp"

#include <cmath>
#include <vector>

#include "base/error.hpp"
#include "hw/numerics/fp16.hpp"
#include "hw/numerics/fp8.hpp"
#include "hw/numerics/post_kernels.hpp"

namespace wd::algo {
namespace {

std::vector<double> to_doubles(std::size_t count, const std::uint16_t* bits) {
  std::vector<double> values(count);
  for (std::size_t c = 0; c < count; ++c) values[c] = static_cast<double>(numerics::fp16_to_float(bits[c]));
  return values;
}

double accumulator_unit(int acc_shift) { return std::ldexp(1.0, numerics::fp8_unit_exp - acc_shift); }

}  // namespace

void post_exact(std::size_t rows, std::size_t channels, const double* acc, int acc_shift,
                const std::uint16_t* gamma, const std::uint16_t* beta, const std::uint8_t* residual,
                int residual_shift, Activation activation, std::uint8_t* out) {
  WD_REQUIRE(activation != Activation::gelu,
             "the hardware's post unit has no GELU; train with ReLU what is to be exported");
  WD_ASSERT(residual_shift >= -15 && residual_shift <= 15);
  numerics::post_kernels().codes(rows, channels, acc, accumulator_unit(acc_shift),
                                 to_doubles(channels, gamma).data(), to_doubles(channels, beta).data(),
                                 residual, std::ldexp(1.0, residual_shift), activation == Activation::relu,
                                 out);
}

void post_scores(std::size_t rows, std::size_t channels, const double* acc, int acc_shift,
                 const std::uint16_t* gamma, const std::uint16_t* beta, std::uint16_t* out) {
  numerics::post_kernels().scores(rows, channels, acc, accumulator_unit(acc_shift),
                                  to_doubles(channels, gamma).data(), to_doubles(channels, beta).data(), out);
}

}  // namespace wd::algo
