// SPDX-License-Identifier: Apache-2.0
// FP8 scales of tensors.
//
// Units     a tensor's real value is its FP8 value times 2^-scale_exp.
// Test      fp8_scales_test.cpp
#pragma once

#include <vector>

#include "algo/kernels/fp8_format.hpp"

namespace wd::algo {

/// FP8 rounding of every stored tensor; off while there are no scales.
struct Fp8Scales {
  Fp8Format format = Fp8Format::e4m3;
  std::vector<int> exps;  // one per tensor: the stored value is the real one times 2^exp

  bool on() const { return !exps.empty(); }
};

/// The largest power of two that keeps `largest` times a margin of two within the format.
int choose_scale_exp(double largest, Fp8Format format);

}  // namespace wd::algo
