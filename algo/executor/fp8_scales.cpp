// SPDX-License-Identifier: Apache-2.0
#include "algo/executor/fp8_scales.hpp"

#include <algorithm>
#include <cmath>

namespace wd::algo {
namespace {

constexpr double margin = 2;
constexpr int scale_limit = 15;  // a residual's shift is the difference of two scales, at most 15

}  // namespace

int choose_scale_exp(double largest, Fp8Format format) {
  if (!(largest > 0)) return 0;
  const double room = double{fp8_largest(format)} / (margin * largest);
  return std::clamp(static_cast<int>(std::floor(std::log2(room))), -scale_limit / 2, scale_limit / 2);
}

}  // namespace wd::algo
