// SPDX-License-Identifier: Apache-2.0
// Makes a failing case small: fewer steps, channels, pixels, taps, planes and iterations, a plainer chip, while it still fails.
//
// Test      proof_test.cpp
#pragma once

#include <functional>

#include "testbench/proof/proof_case.hpp"

namespace wd::testbench {

/// @param fails says whether a case still fails; it is asked at most `budget` times
ProofCase shrink(ProofCase proof, const std::function<bool(const ProofCase&)>& fails, int budget = 2000);

}  // namespace wd::testbench
