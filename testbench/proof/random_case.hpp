// SPDX-License-Identifier: Apache-2.0
// Draws cases for the proof harness: graphs of every shape that a model may have, on chips whose buffers are small enough to force
// parts, streaming and shared rows.
//
// Shape     images of 1 to 4 channels, sides 1 to 10; convolutions of odd and even kernels, strides, pads, 1 to 90 channels;
//           residuals from near and far, tensors that are written again; folds of 1 to 3 convolutions; pooled ones anywhere.
// Test      proof_test.cpp (that the corners are visited)
#pragma once

#include <optional>

#include "testbench/proof/proof_case.hpp"

namespace wd::testbench {

/// @param arch pins the chip but for the depths of its weight, norm and instruction memories; absent: any
ProofCase random_case(std::uint64_t seed, const std::optional<arch::Arch>& arch = {});

}  // namespace wd::testbench
