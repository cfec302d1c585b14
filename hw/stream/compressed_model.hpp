// SPDX-License-Identifier: Apache-2.0
// Writes and reads the compressed model file (.wdz), and says where its bytes go.
//
// Shape     sections: network (the model's JSON description, a zlib stream), norms (FP16) and one
//           weights.N per weight set (weight_code.hpp). docs/formats.md has the full text.
// Numerics  lossless, but for the sign of a weight of level 0, which means nothing and reads as 0.
// Errors    a corrupted or inconsistent file: wd::Error naming the file and the section.
// Test      compressed_model_test.cpp
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "base/container.hpp"
#include "hw/model/network.hpp"

namespace wd::stream {

inline constexpr FileKind compressed_kind{{'W', 'D', 'Z', '1'}, 2, "compressed model"};

struct WeightSetSize {
  std::string name;
  std::size_t count = 0;        // weights
  std::size_t bytes = 0;        // the whole section: table and stream
  double bits_per_weight = 0;   // of these bytes
  double entropy_bits = 0;      // per weight: H(level), with learned signs H(level, sign)
  double nonzero_fraction = 0;  // of the weights
};

/// Where the bytes of a compressed model go; the parts add up to the total.
struct CompressedSize {
  std::vector<WeightSetSize> weights;
  std::size_t norm_bytes = 0;
  std::size_t description_bytes = 0;
  std::size_t container_bytes = 0;  // header, section table and alignment
  std::size_t total_bytes = 0;      // of the file

  std::size_t weight_bytes() const;
  std::size_t weight_count() const;
  /// All weight sections over all weights.
  double bits_per_weight() const;
  double entropy_bits_per_weight() const;
};

/// @param origin the name in messages.
Container encode_network(const model::Network& network, const std::string& origin);
model::Network decode_network(const Container& container);

/// What write_compressed would write, without a file.
CompressedSize compressed_size(const model::Network& network);

CompressedSize write_compressed(const model::Network& network, const std::filesystem::path& path);
model::Network read_compressed(const std::filesystem::path& path);

}  // namespace wd::stream
