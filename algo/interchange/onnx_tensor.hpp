// SPDX-License-Identifier: Apache-2.0
// Turns one ONNX tensor message into a named tensor and back.
//
// Units     raw bytes are taken over without a copy; typed fields are narrowed to their element type.
// Errors    external data, element types without a counterpart, element counts that differ from the shape,
//           values outside of the element type: wd::Error.
// Test      onnx_file_test.cpp
#pragma once

#include <onnx/onnx_pb.h>

#include <optional>
#include <string>

#include "algo/interchange/named_tensors.hpp"

namespace wd::algo {

std::optional<DType> dtype_of_onnx(std::int32_t data_type);
std::int32_t onnx_type_of(DType dtype, const std::string& what);

/// Empties `proto`. @param what names the tensor in messages.
NamedTensor take_tensor(onnx::TensorProto& proto, const std::string& what);
void put_tensor(const std::string& name, const NamedTensor& tensor, onnx::TensorProto& proto);

}  // namespace wd::algo
