// SPDX-License-Identifier: Apache-2.0
// Scales sums so that none overflows FP16, and refuses sums that the accumulator cannot hold.
//
// Numerics  docs/numerics.md, "Sum" and "Post unit" step 1: gamma takes the scale back, exactly.
// Errors    sums beyond acc_bits, gammas beyond FP16: wd::Error naming layer, channel and remedy.
// Test      scaling_test.cpp
#pragma once

#include <cstdint>
#include <string>

#include "compiler/lowering.hpp"
#include "hw/arch/arch.hpp"

namespace wd::compiler {

/// The smallest acc_shift >= 0 at which no sum can overflow FP16. Refuses sums that could wrap.
int choose_acc_shift(const LoweredConv& conv, const arch::Arch& arch);

/// gamma * 2^acc_shift, exactly. Refuses what FP16 cannot hold.
std::uint16_t scale_gamma(std::uint16_t gamma, int acc_shift, const std::string& what);

}  // namespace wd::compiler
