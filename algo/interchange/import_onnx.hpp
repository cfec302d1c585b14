// SPDX-License-Identifier: Apache-2.0
// Turns an ONNX inference graph of convolutions into a network of ours and its numbers.
//
// Shape     input: batch x C x H x W (or batch x C); output: batch x classes. A layer that reads a
//           flattened map becomes a convolution that covers it (square maps). Initializers used twice
//           become shared weights. Tokens (ResMLP, MLP-Mixer): batch x C x N or batch x N x C; a matrix times
//           the channels is a 1x1 convolution, times the tokens a mixing layer.
// Numerics  Conv, Gemm or MatMul, then BatchNormalization, Add and Relu join into one node; a bias becomes
//           an affine norm of gain 1, or moves into the mean of the batch norm behind it. Another epsilon
//           shifts variances. A Relu or norm that has nothing to join becomes a node of its own. Shortcuts
//           come before their sums. GELU and layer norm, as one operator or as the several that make them up,
//           become one; a layer norm keeps its epsilon. Shapes that the model computes are constants here.
// Errors    an operator, attribute or shape without counterpart, several outputs, unused results: wd::Error
//           naming the file, the node, its operator and what to do.
// Not       masks and scores: an ONNX file has the effective weights alone. Numbers per token, such as a
//           mixing layer's bias.
// Test      import_onnx_test.cpp, import_onnx_tokens_test.cpp, import_onnx_refusal_test.cpp,
//           pytorch_agreement.py
#pragma once

#include <string>

#include "algo/interchange/onnx_file.hpp"
#include "algo/interchange/onnx_graph_builder.hpp"

namespace wd::algo {

/// @param origin the file, for messages.
ImportedNetwork import_onnx(const OnnxModel& model, const std::string& origin);

}  // namespace wd::algo
