// SPDX-License-Identifier: Apache-2.0
// Says what to do about an ONNX operator that networks of ours do not have.
// Test      import_onnx_test.cpp
#pragma once

#include <map>
#include <string>

namespace wd::algo {

/// What to do about operators that models bring most often; the rest get the list of what is supported.
inline std::string remedy_for(const std::string& op) {
  static const std::map<std::string, std::string> remedies{
      {"Softmax", "end the network at its class scores: their order is the same"},
      {"LogSoftmax", "end the network at its class scores: their order is the same"},
      {"Clip", "train with ReLU instead of ReLU6"},
      {"LeakyRelu", "train with ReLU"},
      {"PRelu", "train with ReLU"},
      {"Elu", "train with ReLU"},
      {"Sigmoid", "train with ReLU and without squeeze-and-excitation"},
      {"HardSwish", "train with ReLU"},
      {"HardSigmoid", "train with ReLU"},
      {"Erf", "it is read as a part of GELU alone: x (1 + erf(x / sqrt 2)) / 2"},
      {"Sqrt", "it is read as a part of layer norm alone"},
      {"Pow", "it is read as a part of layer norm alone"},
      {"Sub", "it is read as a part of layer norm alone"},
      {"Concat", "use a network that adds its branches, as a ResNet does"},
      {"Gather", "export with a fixed image size and without dynamic axes but the batch"},
      {"QuantizeLinear", "export the model before it is quantized"},
      {"DequantizeLinear", "export the model before it is quantized"},
      {"LSTM", "use a convolutional network"}};
  const auto found = remedies.find(op);
  return found != remedies.end()
             ? found->second
             : "supported are Conv, BatchNormalization, LayerNormalization, Relu, Gelu, Add, Mul, MaxPool, "
               "AveragePool, "
               "GlobalAveragePool, "
               "ReduceMean, Flatten, Reshape, Transpose, Squeeze, Gemm, MatMul, Pad, Cast, Identity and "
               "Dropout";
}

}  // namespace wd::algo
