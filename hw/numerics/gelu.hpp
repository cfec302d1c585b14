// SPDX-License-Identifier: Apache-2.0
// GELU as the chip's table holds it: x / 2 * (1 + erf(x / sqrt(2))) of each FP8 code's value, rounded to FP8.
//
// Units     values are the codes' times 2^-scale_exp, before and after.
// Test      numerics_test.cpp
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "hw/numerics/fp8.hpp"

namespace wd::numerics {

using CodeTable = std::array<std::uint8_t, 256>;

inline CodeTable gelu_table(int scale_exp) {
  CodeTable table{};
  for (std::size_t code = 0; code < table.size(); ++code) {
    const double x = std::ldexp(double{fp8_to_float(static_cast<std::uint8_t>(code))}, -scale_exp);
    const double y = 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
    table[code] = fp8_from_float(static_cast<float>(std::ldexp(y, scale_exp)));
  }
  return table;
}

}  // namespace wd::numerics
