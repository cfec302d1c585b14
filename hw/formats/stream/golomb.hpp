// SPDX-License-Identifier: Apache-2.0
// The codes that need no table: Golomb for sparse weights, fixed fields for a handful of them.
//
// Shape     Golomb: run / m in unary (ones, then a zero), run % m in truncated binary, level - 1 in unary (ones,
//           then a zero unless it is the last level), the sign if there is one. The zeros after the last weight
//           are a run without a weight; there is none if they are 0.
//           Plain: level in bit_width(coats) bits, then the sign if there is one.
//           Decoded weights are level | sign << 7, as token_decoder.hpp.
// Errors    as token_decoder.hpp
// Source    Golomb, Run-length encodings, 1966; Gallager and Van Voorhis, 1975 (the best m)
// Test      weight_code_test.cpp
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "hw/formats/stream/bits.hpp"
#include "hw/formats/stream/tokens.hpp"

namespace wd::stream {

/// The m of the fewest bits, about; a layer's m is one byte.
int best_golomb(const Tokens& tokens);
/// Appends one stream's code. @param tokens of that stream.
void encode_golomb(std::span<const std::uint32_t> tokens, std::size_t zeros_at_end, const WeightKinds& kinds,
                   int m, Bytes& out);
void decode_golomb(std::span<const std::uint8_t> stream, std::span<std::uint8_t> out,
                   const WeightKinds& kinds, int m, const std::string& origin);

/// Appends one stream's weights. @param signs empty without signs.
void encode_plain(std::span<const std::uint8_t> levels, std::span<const std::uint8_t> signs,
                  const WeightKinds& kinds, Bytes& out);
void decode_plain(std::span<const std::uint8_t> stream, std::span<std::uint8_t> out, const WeightKinds& kinds,
                  const std::string& origin);
std::size_t plain_bits(const WeightKinds& kinds);

}  // namespace wd::stream
