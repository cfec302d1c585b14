// SPDX-License-Identifier: Apache-2.0
// What each element of a full 2^n sweep is worth: averaged over the others, and two together.
//
// Numerics  values[n] has element i changed where bit i of n is set. The effect of i: the mean of the values with i changed, less the mean of those
//           without. The interaction of i and j: half of what the effect of i is with j changed, less what it is without; it is symmetric.
// Source    Box, Hunter, Hunter, Statistics for Experimenters, chapter on factorial designs at two levels
// Test      effects_test.cpp, cli/ablation_test.sh
#pragma once

#include <cstddef>
#include <vector>

namespace wd::flow::ablation {

/// @param values 2^n of them
double main_effect(const std::vector<double>& values, std::size_t i);
double interaction(const std::vector<double>& values, std::size_t i, std::size_t j);

}  // namespace wd::flow::ablation
