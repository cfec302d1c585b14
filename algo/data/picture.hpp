// SPDX-License-Identifier: Apache-2.0
// Decodes a picture to RGB bytes by what it is, not by its name: JPEG (jpeg.hpp), PNG, or a binary PPM or PGM of 255 steps.
//
// Shape     H x W x 3, rows first, the channel fastest. Grey files give three equal channels; what a PNG lets shine through is black.
// Errors    other, truncated and damaged files, sizes that jpeg.hpp would refuse: wd::Error naming the file.
// Test      picture_test.cpp
#pragma once

#include <filesystem>

#include "algo/data/jpeg.hpp"

namespace wd::algo {

Picture read_picture(const std::filesystem::path& path);

/// @param name what messages call the data.
Picture decode_picture(std::span<const std::uint8_t> bytes, const std::string& name);

}  // namespace wd::algo
