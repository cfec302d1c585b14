// SPDX-License-Identifier: Apache-2.0
// Writes and reads the compressed model file (.wdz), and says where its bytes go.
//
// Shape     sections: network (the model's JSON description, a zlib stream), norms (FP16) or norms8 (FP8), tables
//           (shared ones) and one weights.N per weight set (weight_code.hpp), without what a seed decides.
//           docs/formats.md has the full text.
// Numerics  lossless, but for the sign of a weight of level 0, which means nothing and reads as 0.
// Errors    a corrupted or inconsistent file: wd::Error naming the file and the section.
// Test      compressed_model_test.cpp
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/container.hpp"
#include "hw/formats/model/network.hpp"
#include "hw/formats/stream/weight_code.hpp"

namespace wd::stream {

inline constexpr FileKind compressed_kind{{'W', 'D', 'Z', '1'}, 5, "compressed model"};

/// Weights of all sets of a file of this size at most. Three bytes of memory each while they are decoded: within what
/// docs/fuzzing.md allows a reader.
constexpr std::size_t max_weights(std::size_t file_bytes) {
  return (std::size_t{1} << 26) + 256 * file_bytes;
}

enum class NormFormat { fp16, fp8 };

struct CompressOptions {
  NormFormat norms = NormFormat::fp16;  // fp8 needs norms that round_norms() has rounded
  std::optional<CodeMode> mode;         // of all weight sets instead of the smallest
};

struct WeightSetSize {
  std::string name;
  std::size_t count = 0;       // weights
  std::size_t free = 0;        // of them not frozen
  std::string mode;            // of the code; empty without free weights
  std::size_t bytes = 0;       // the whole section: table and stream, and the signs of locked weights
  double bits_per_weight = 0;  // of these bytes, over all weights
  /// Per weight: H(level) or H(level, sign) of free ones, 1 bit of locked with a sign
  double entropy_bits = 0;
  double nonzero_fraction = 0;  // of the weights
};

/// Where the bytes of a compressed model go; the parts add up to the total.
struct CompressedSize {
  std::vector<WeightSetSize> weights;
  std::size_t norm_bytes = 0;
  std::size_t table_bytes = 0;  // shared tables
  std::size_t description_bytes = 0;
  std::size_t container_bytes = 0;  // header, section table and alignment
  std::size_t total_bytes = 0;      // of the file

  /// All weight sections and the shared tables.
  std::size_t weight_bytes() const;
  std::size_t weight_count() const;
  double bits_per_weight() const;
  double entropy_bits_per_weight() const;
};

/// @param origin the name in messages.
Container encode_network(const model::Network& network, const std::string& origin,
                         const CompressOptions& options = {});
model::Network decode_network(const Container& container);

/// What write_compressed would write, without a file.
CompressedSize compressed_size(const model::Network& network, const CompressOptions& options = {});

/// A file of a network, and what its bytes are for.
struct EncodedFile {
  Bytes bytes;
  CompressedSize size;
};

/// @param origin the name that messages use for the file.
EncodedFile encode_file(const model::Network& network, const std::string& origin,
                        const CompressOptions& options = {});
CompressedSize write_compressed(const model::Network& network, const std::filesystem::path& path,
                                const CompressOptions& options = {});
model::Network read_compressed(const std::filesystem::path& path);

}  // namespace wd::stream
