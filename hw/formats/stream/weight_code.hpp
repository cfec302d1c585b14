// SPDX-License-Identifier: Apache-2.0
// Codes a layer's supermask: levels and, if they are learned, signs.
//
// Shape     levels are flat O x KH x KW x I, in streams that are decoded independently (a tile's output channels
//           each). The code is Huffman over joint symbols of a run of zeros, the level after it and its sign,
//           with a table of the layer's own or a shared one; or Golomb or fixed fields, where a table does not
//           pay; or, only if asked for, tANS. docs/formats.md has the full text and examples.
// Errors    a bad table, a stream that ends early or goes on after the last weight, a run past the
//           end: wd::Error naming the origin, the stream, the weight and the bit.
// Not       random signs and frozen weights: they cost nothing, sign_generator.hpp and freeze_generator.hpp make
//           them again; compressed_model.hpp leaves them out.
// Test      weight_code_test.cpp (an independent decoder; entropy; every flipped byte)
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/files.hpp"
#include "hw/formats/stream/code_table.hpp"

namespace wd::stream {

const char* name(CodeMode mode);
/// Inverse of name(), which must be one of them.
CodeMode mode_named(const std::string& name);

struct WeightArray {
  std::vector<std::uint8_t> levels;
  std::vector<std::uint8_t> signs;  // empty without signs; 0 where the level is 0
};

struct EncodeOptions {
  std::vector<std::size_t> stream_weights;  // of each stream, adding up to all; empty: one stream
  std::span<const CodeTable> shared;        // tables that the layer may use
  std::optional<CodeMode> mode;             // instead of the smallest; not shared_huffman
};

/// @param signs 1 = negative, as many as levels, or empty: then signs are not coded.
/// @param coats the highest level, 1 to 7.
Bytes encode_weights(std::span<const std::uint8_t> levels, std::span<const std::uint8_t> signs, int coats,
                     const EncodeOptions& options = {});

struct DecodeOptions {
  std::vector<std::size_t> stream_weights;  // as written
  std::span<const CodeTable> shared;
};

/// @param origin the section's name in messages.
WeightArray decode_weights(std::span<const std::uint8_t> bytes, std::size_t count, int coats, bool has_signs,
                           const std::string& origin = "weight stream", const DecodeOptions& options = {});

/// How an encoded layer is coded.
CodeMode mode_of(std::span<const std::uint8_t> bytes);

/// Tables that several layers share, where that takes fewer bytes than tables of their own.
struct LayerHistogram {
  WeightKinds kinds;
  TokenHistogram histogram;
};
std::vector<CodeTable> choose_shared_tables(std::span<const LayerHistogram> layers);
/// What choose_shared_tables() needs to know of a layer; the streams as in EncodeOptions.
LayerHistogram layer_histogram(std::span<const std::uint8_t> levels, std::span<const std::uint8_t> signs,
                               int coats, std::span<const std::size_t> stream_weights);

/// Bits per weight of independent weights with these frequencies: H(level), or H(level, sign of
/// the non-zero ones). What a code that knows nothing else cannot beat.
double weight_entropy(std::span<const std::uint8_t> levels, std::span<const std::uint8_t> signs);

}  // namespace wd::stream
