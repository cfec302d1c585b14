// SPDX-License-Identifier: Apache-2.0
// Turns an ONNX inference graph of convolutions into a network of ours and its numbers.
//
// Shape     input: batch x C x H x W (or batch x C); output: batch x classes. A layer that reads a
//           flattened map becomes a convolution that covers it (square maps). Initializers used twice
//           become shared weights.
// Numerics  Conv, Gemm or MatMul, then BatchNormalization, Add and Relu join into one node; a bias becomes
//           an affine norm of gain 1, or moves into the mean of the batch norm behind it. Another epsilon
//           shifts variances. A Relu or norm that has nothing to join becomes a node of its own. Shortcuts
//           come before their sums.
// Errors    an operator, attribute or shape without counterpart, several outputs, unused results: wd::Error
//           naming the file, the node, its operator and what to do.
// Not       masks and scores: an ONNX file has the effective weights alone. GELU, layer norm, token mixing.
// Test      import_onnx_test.cpp, pytorch_agreement.py
#pragma once

#include <string>

#include "algo/interchange/onnx_file.hpp"
#include "algo/interchange/onnx_graph_builder.hpp"

namespace wd::algo {

/// @param origin the file, for messages.
ImportedNetwork import_onnx(const OnnxModel& model, const std::string& origin);

}  // namespace wd::algo
