// SPDX-License-Identifier: Apache-2.0
// Finds the exact score magnitudes that separate a supermask's coats.
//
// Numerics  of n scores, coat i keeps those with |s| >= t_i, where t_i is the (floor(q_i * n))-th
//           smallest |s| (from 0): n - floor(q_i * n) scores, more only where scores tie with t_i.
//           A histogram over the upper 15 magnitude bits, then a selection inside one bin: no sort.
// Errors    none; a NaN score compares as largest.
// Source    Ramanujan et al., arXiv 1911.13299 (one coat); Okoshi et al., ICML 2022 (several)
// Test      supermask_test.cpp (std::nth_element)
#pragma once

#include <span>
#include <vector>

namespace wd::algo {

std::vector<float> select_thresholds(std::span<const float> scores, std::span<const double> pruned);

}  // namespace wd::algo
