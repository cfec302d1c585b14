// SPDX-License-Identifier: Apache-2.0
// Gives the zeros of a Pad to the convolutions and pools behind it, which have a padding of their own.
//
// Errors    wd::Error naming the node and what no padding of theirs can say.
// Test      import_onnx_padding_test.cpp
#pragma once

#include <vector>

#include "algo/interchange/onnx_node_reader.hpp"

namespace wd::algo {

/// @param readers of the Pad's result, which then read its input. @param rectified whether that is at least 0,
/// so that zeros are as good as the nothing that max pools pad with.
void fold_padding(const OnnxNodeReader& pad, const std::vector<OnnxNode*>& readers, bool rectified);

}  // namespace wd::algo
