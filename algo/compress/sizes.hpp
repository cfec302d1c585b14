// SPDX-License-Identifier: Apache-2.0
// How large a network is by the papers' formulas, and in real coded bytes.
//
// Units     MB: 10^6 bytes (Hidden-Fold Networks); MiB: 2^20 (Multicoated Supermasks).
// Numerics  mask: 1 bit per free weight, and for each further coat 1 bit per weight that the coat before
//           keeps (ceil, per layer); learned signs: 1 bit per kept weight; a seed of 32 bits; norms: 32 bits
//           for each gain and offset that is learned in a fold, per iteration. Dense: 32 bits per weight,
//           gain and offset, folds unrolled. Real bytes: masks drawn at random (random_masks.hpp) through
//           hw/formats/stream's weight code, layer by layer, tables included, each decoded again and
//           compared; every norm pair in FP16, of all layers.
// Errors    fractions that do not descend or leave 0 to 1: wd::Error.
// Source    Lopez Garcia-Arias et al., BMVC 2021 and IEEE Access 2023; Okoshi et al., ICML 2022; Otsuka et
//           al., TMLR 2025
// Test      sizes_test.cpp (the published figures)
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "algo/compress/random_masks.hpp"
#include "base/parallel.hpp"

namespace wd::compress {

struct Sizes {
  std::uint64_t weights = 0;        // of the folded network
  std::uint64_t fold_channels = 0;  // norms in folds, iterations apart
  std::uint64_t all_channels = 0;   // norms everywhere, iterations apart
  double mask_bits = 0, sign_bits = 0, norm_bits = 0;
  double bits_per_weight = 0;  // mask and signs
  double paper_mb = 0, paper_mib = 0;
  std::uint64_t dense_bytes = 0;  // of the baseline
  double ratio = 0;               // dense_bytes by the papers' size
  std::uint64_t real_bytes = 0;
  double real_bits_per_weight = 0, real_ratio = 0;

  nlohmann::json to_json() const;
};

/// FP32 bytes of a network trained dense, folds unrolled.
std::uint64_t dense_bytes(const algo::Graph& graph);

/// @param questions one per weight set, or one for all.
Sizes sizes_of(const algo::Graph& graph, const std::vector<MaskQuestion>& questions,
               std::uint64_t baseline_bytes, ThreadPool& pool);

}  // namespace wd::compress
