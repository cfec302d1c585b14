// SPDX-License-Identifier: Apache-2.0
// Writes a network with its masks applied as an ONNX inference graph of operator set 13.
//
// Shape     input: batch x C x H x W (after space-to-depth where the network has a patch); output "scores":
//           batch x classes. Weights are O x I x KH x KW; folds are unrolled and share their initializers.
// Numerics  the effective weights in FP32; norms stay BatchNormalization with the statistics of the state.
//           GELU, layer norm and affine norms are written with basic operators.
// Errors    a state without values or masks, or of another network: wd::Error naming the layer.
// Source    operator definitions of ONNX 1.12
// Test      export_onnx_test.cpp (ONNX's checker, a plain FP64 interpreter), pytorch_agreement.py
#pragma once

#include "algo/interchange/model_state.hpp"
#include "algo/interchange/onnx_file.hpp"

namespace wd::algo {

OnnxModel export_onnx(const Graph& graph, const ModelState& state);

}  // namespace wd::algo
