// SPDX-License-Identifier: Apache-2.0
// The post unit's arithmetic on a channel block of a tile: as many rows of 16 channels as there are pixels.
//
// Numerics  hw/numerics/post.hpp, by post_kernels.hpp.
// Test      testbench/ (against the golden model, which uses post.hpp)
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "hw/numerics/post.hpp"
#include "hw/numerics/post_kernels.hpp"
#include "sim/chip_state.hpp"

namespace wd::sim::fast {

class PostRows {
 public:
  static constexpr std::size_t most = 16, width = arch::block;

  explicit PostRows(const NormRow& norm) {
    for (std::size_t i = 0; i < width; ++i) {
      gamma_[i] = static_cast<double>(numerics::fp16_to_float(norm.gamma[i]));
      beta_[i] = static_cast<double>(numerics::fp16_to_float(norm.beta[i]));
    }
  }

  /// @param residual FP8 codes; null in all rows without one
  void add(const std::int64_t* sums, const std::uint8_t* residual) {
    for (std::size_t i = 0; i < width; ++i) acc_[count_ * width + i] = static_cast<double>(sums[i]);
    if (residual != nullptr) std::memcpy(&residual_[count_ * width], residual, width);
    ++count_;
  }
  std::size_t count() const { return count_; }

  /// @return saturations
  std::size_t codes(const arch::Instr& instr) {
    return numerics::post_kernels().codes(count_, width, acc_.data(), unit(instr), gamma_.data(),
                                          beta_.data(), instr.residual ? residual_.data() : nullptr,
                                          std::ldexp(1.0, instr.res_shift), instr.relu != 0, codes_.data());
  }
  const std::uint8_t* code_row(std::size_t row) const { return &codes_[row * width]; }

  void scores(const arch::Instr& instr) {
    numerics::post_kernels().scores(count_, width, acc_.data(), unit(instr), gamma_.data(), beta_.data(),
                                    scores_.data());
    if (instr.relu)
      for (numerics::Fp16& score : scores_) score = numerics::post_relu(score);
  }
  numerics::Fp16 score(std::size_t row, int lane) const {
    return scores_[row * width + static_cast<std::size_t>(lane)];
  }

 private:
  static double unit(const arch::Instr& instr) {
    return std::ldexp(1.0, numerics::fp8_unit_exp - instr.acc_shift);
  }

  std::size_t count_ = 0;
  std::array<double, width> gamma_, beta_;
  std::array<double, most * width> acc_;
  std::array<std::uint8_t, most * width> residual_, codes_;
  std::array<numerics::Fp16, most * width> scores_;
};

}  // namespace wd::sim::fast
