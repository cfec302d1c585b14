// SPDX-License-Identifier: Apache-2.0
// Reads and writes safetensors files: the tensors of a model by name, nothing executable.
//
// Shape     header length (8 bytes, little-endian), JSON header, tensor bytes. The header maps a name to
//           dtype, shape and [begin, end) in the tensor bytes, and "__metadata__" to text by text.
// Units     memory of a loaded file is that of its tensor bytes, read once, plus the header while parsing.
// Errors    a length beyond the file or 100 MB, a header that is no JSON object, unknown keys or types,
//           names given twice, shape and bytes that disagree, holes, overlaps, bytes past the end:
//           wd::Error naming file, tensor, value and what to do. Nothing is allocated by an unchecked
//           length.
// Source    the format section of the safetensors documentation (Hugging Face)
// Test      safetensors_test.cpp
#pragma once

#include <filesystem>
#include <span>

#include "algo/interchange/named_tensors.hpp"
#include "base/files.hpp"

namespace wd::algo {

NamedTensors read_safetensors(const std::filesystem::path& path);
/// @param origin the name that messages use for these bytes.
NamedTensors parse_safetensors(std::span<const std::uint8_t> bytes, const std::string& origin);

/// Tensors of wide elements first, then by name: every tensor lies at a multiple of its element size.
Bytes serialize_safetensors(const NamedTensors& tensors);
void write_safetensors(const NamedTensors& tensors, const std::filesystem::path& path);

}  // namespace wd::algo
