// SPDX-License-Identifier: Apache-2.0
// Reads arrays that NumPy's `save` wrote.
//
// Shape     format versions 1.0 and 2.0, C order, at most 4 dimensions; elements of 1 byte without sign (|u1), FP32 (<f4), or whole numbers
//           of 1 to 8 bytes (labels).
// Errors    other files, versions, types and orders, a length that is not the header's: wd::Error naming the file, the field, what was found and
//           the NumPy call that mends it.
// Source    numpy.lib.format
// Test      npy_test.cpp
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace wd::algo {

struct NpyArray {
  std::string type;  // "|u1", "<f4", "<i8" ...
  std::vector<std::uint64_t> shape;
  std::vector<std::uint8_t> bytes;  // elements in C order, little-endian

  std::uint64_t count() const;
};

inline constexpr std::uint64_t npy_limit_bytes = std::uint64_t{8} << 30;

NpyArray read_npy(const std::filesystem::path& path);

/// Element i of an array of whole numbers. Errors: another type, a number below 0 or above `most`, naming it.
std::uint64_t whole_element(const NpyArray& array, std::uint64_t i, std::uint64_t most,
                            const std::string& origin);

/// Element i of an array of FP32.
float real_element(const NpyArray& array, std::uint64_t i);

}  // namespace wd::algo
