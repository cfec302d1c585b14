// SPDX-License-Identifier: Apache-2.0
// Compresses a model file to a compressed model file and reports the sizes, with ablations.
//
// Units     bytes are those of whole files; bits per weight are over all weights of the file.
// Errors    unusable input; a written file that does not decode to its input (it is removed):
//           wd::Error naming the file and what differs.
// Source    paper sizes: Hidden-Fold Networks (BMVC 2021) and Multicoated Supermasks (ICML 2022),
//           the size formulas of their published code
// Test      compress_test.cpp
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "hw/formats/model/network.hpp"
#include "hw/formats/stream/compressed_model.hpp"

namespace wd::compress {

/// The size by the papers' accounting: mask and sign bits, a 32-bit seed, and 32 bits for each gamma
/// and beta of a folded convolution and iteration. Norms outside of folds are not counted there.
struct PaperSize {
  std::uint64_t mask_bits = 0;  // coat i + 1 is stored only where coat i is 1
  std::uint64_t sign_bits = 0;  // 1 per non-zero weight with a learned sign
  std::uint64_t norm_bits = 0;
  std::uint64_t bytes = 0;     // all and the seed, rounded up
  double bits_per_weight = 0;  // mask and signs

  explicit PaperSize(const model::Network& network);
};

/// File bytes with one element turned off or another code, all else equal.
struct Ablations {
  std::uint64_t huffman_off = 0;  // fixed fields: bit_width(coats) bits per weight, learned signs 1 bit more
  std::uint64_t golomb = 0, huffman = 0, tans = 0;  // every weight set in this code
  std::uint64_t sign_generation_off = 0;            // all signs stored in the code, 1 per non-zero weight
  std::uint64_t freezing_off = 0;                   // frozen weights coded like all others
  std::uint64_t folding_off = 0;                    // every iteration of a fold with its own weights
};

struct CompressReport {
  std::string model;
  stream::NormFormat norms = stream::NormFormat::fp16;
  stream::CompressedSize size;
  std::uint64_t compressed_bytes = 0;  // of the file on disk
  std::uint64_t dense_fp32_bytes = 0;  // 4 * dense_unfolded_parameters
  double offchip_ratio = 0;            // dense_fp32_bytes / compressed_bytes
  PaperSize paper;
  Ablations ablations;

  nlohmann::json to_json() const;
};

struct Compressed {
  Bytes file;              // decodes to `network`, which was tried
  model::Network network;  // with rounded norms, where that was asked for
  CompressReport report;
};

/// @param origin the file's name in messages. @param options norms fp8: gamma and beta are rounded first.
Compressed compress(model::Network network, const std::string& origin,
                    const stream::CompressOptions& options = {});

/// From file to file.
CompressReport compress(const std::filesystem::path& model_in, const std::filesystem::path& out,
                        const stream::CompressOptions& options = {});

/// The same network with each loop written out, every iteration with its own copy of the weights.
model::Network unfold(const model::Network& network);
/// The same network with its random signs generated and declared as learned.
model::Network store_signs(const model::Network& network);
/// Refuses two networks that would not compute the same. @param origin the name in messages.
void require_equal(const model::Network& expected, const model::Network& actual, const std::string& origin);

}  // namespace wd::compress
