// SPDX-License-Identifier: Apache-2.0
// Parses the JSON header of a safetensors file, strictly and in one pass, and places its tensors.
//
// Units     memory: the entries themselves; JSON values are checked as they come, no tree is built.
// Errors    as safetensors.hpp
// Test      safetensors_test.cpp
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "algo/interchange/named_tensors.hpp"

namespace wd::algo {

struct SafetensorsEntry {
  std::string name;
  DType dtype = DType::f32;
  Dims shape;
  std::uint64_t begin = 0, end = 0;  // in the tensor bytes
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  // in the order of their bytes
  std::map<std::string, std::string> metadata;
};

/// @param data_bytes how many bytes follow the header; the entries must cover them exactly.
SafetensorsHeader parse_safetensors_header(std::string_view json, std::uint64_t data_bytes,
                                           const std::string& origin);

}  // namespace wd::algo
