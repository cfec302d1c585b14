// SPDX-License-Identifier: Apache-2.0
// Draws cases for the proof harness: random graphs on chips whose memories are small enough to force parts, streaming, loops and
// shared rows.
//
// Test      proof_test.cpp (that the corners are visited)
#pragma once

#include <optional>

#include "testbench/proof/proof_case.hpp"

namespace wd::testbench {

/// @param arch pins the chip but for the depths of its weight, norm and instruction memories; absent: any
ProofCase random_case(std::uint64_t seed, const std::optional<arch::Arch>& arch = {});

}  // namespace wd::testbench
