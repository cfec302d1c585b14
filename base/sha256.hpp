// SPDX-License-Identifier: Apache-2.0
// Names bytes by their SHA-256.
//
// Source    FIPS 180-4
// Test      sha256_test.cpp
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace wd {

/// @return 64 hexadecimal digits.
std::string sha256(std::span<const std::uint8_t> bytes);

}  // namespace wd
