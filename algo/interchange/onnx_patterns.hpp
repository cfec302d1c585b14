// SPDX-License-Identifier: Apache-2.0
// Puts one node in the place of the several ones that exporters write for GELU and layer norm.
//
// What      x (1 + erf(x / sqrt 2)) / 2, its factors in any order: Gelu of x.
//           (x - mean) / sqrt(variance + epsilon) over one axis: LayerNormalization of x without scale and
//           offset, its axis in an attribute `axes` of its own ("axis" means all axes from there on).
// Numerics  1/2, 1 and sqrt 2 are taken as such within 2e-4, FP16's rounding.
// Not       a check of the operators: what is no whole pattern stays as it is, and is refused later.
// Test      import_onnx_tokens_test.cpp
#pragma once

#include <vector>

#include "algo/interchange/onnx_file.hpp"

namespace wd::algo {

/// The model's nodes, each pattern's last node replaced, those that only it needed gone.
std::vector<OnnxNode> fuse_patterns(const OnnxModel& model);

}  // namespace wd::algo
