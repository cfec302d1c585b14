// SPDX-License-Identifier: Apache-2.0
// Codes a supermask as Huffman symbols of a run of zeros, the level after it and, if learned, its sign.
//
// Shape     levels are flat O x KH x KW x I. Symbol 0 (escape): R zeros, or all that are left if
//           fewer. Symbol 1 + (run * coats + level - 1) * S + sign: run < R zeros, then a weight; S is
//           2 with signs, else 1. R is the power of two from 1 to 128 that makes the least bytes.
//           docs/formats.md has the full text and an example.
// Errors    a bad table, a stream that ends early or goes on after the last weight, a run past the
//           end: wd::Error naming the origin, the weight and the bit.
// Not       random signs: they cost nothing, sign_generator.hpp makes them again.
// Test      weight_code_test.cpp (an independent decoder; entropy; every flipped byte)
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/files.hpp"

namespace wd::stream {

inline constexpr int max_run_limit = 128;  // the largest R

struct WeightArray {
  std::vector<std::uint8_t> levels;
  std::vector<std::uint8_t> signs;  // empty without signs; 0 where the level is 0
};

/// @param signs 1 = negative, as many as levels, or empty: then signs are not coded.
/// @param coats the highest level, 1 to 7.
Bytes encode_weights(std::span<const std::uint8_t> levels, std::span<const std::uint8_t> signs, int coats);

/// @param origin the stream's name in messages.
WeightArray decode_weights(std::span<const std::uint8_t> bytes, std::size_t count, int coats, bool has_signs,
                           const std::string& origin = "weight stream");

/// Bits per weight of independent weights with these frequencies: H(level), or H(level, sign of
/// the non-zero ones). What a code that knows nothing else cannot beat.
double weight_entropy(std::span<const std::uint8_t> levels, std::span<const std::uint8_t> signs);

}  // namespace wd::stream
