// SPDX-License-Identifier: Apache-2.0
// For tests of the chip's decoder: random bursts of every kind, the rows that they are, and damage.
//
// Not       the decoder's own arithmetic: rows follow from docs/architecture.md, "Words".
#pragma once

#include <random>

#include "hw/formats/stream/chip_decoder.hpp"
#include "hw/formats/stream/chip_stream.hpp"
#include "hw/formats/stream/freeze_generator.hpp"
#include "hw/formats/stream/sign_generator.hpp"

namespace wd::stream {

inline ChipWeights random_chip_weights(std::mt19937_64& random_bits, bool freeze) {
  const auto below = [&](std::uint64_t limit) { return static_cast<int>(random_bits() % limit); };
  ChipWeights weights;
  weights.planes = 1 + below(3);
  const int per_tile = 1 + below(6), tiles = below(3);
  weights.chunks = per_tile * tiles;
  if (tiles == 0 || below(2) == 0) {
    // On a chip of fewer PEs all tiles are narrow ones.
    weights.narrow_chunks = per_tile * (tiles == 0 ? 1 + below(3) : 1);
    weights.narrow_channels = 1 + below(chip_channels);
  }
  const int source = below(3);
  weights.has_signs = source == 0;
  weights.random_signs = source == 1;
  weights.frozen = freeze && !weights.has_signs && below(2) == 0;
  weights.generator = {random_bits(), static_cast<std::uint32_t>(random_bits()), per_tile};
  if (weights.frozen) {
    const std::uint32_t pruned =
        std::array{0U, 20000U, 40000U, freeze_one}[static_cast<std::size_t>(below(4))];
    weights.generator.freeze_key = random_bits();
    weights.generator.pruned = pruned;
    weights.generator.frozen =
        std::min(freeze_one, pruned + std::array{0U, 10000U, 25536U}[static_cast<std::size_t>(below(3))]);
    weights.generator.level = 1 + below((1U << weights.planes) - 1);
  }
  // From all zero to hardly any, some levels much rarer than others: long codes.
  const double kept = std::vector{0.0, 0.002, 0.03, 0.1, 0.3, 0.9, 1.0}[static_cast<std::size_t>(below(7))];
  const double next = std::vector{0.02, 0.3, 0.7, 1.0}[static_cast<std::size_t>(below(4))];
  std::uniform_real_distribution<double> share(0, 1);
  weights.codes.resize(static_cast<std::size_t>(weights.chunks * chip_channels +
                                                weights.narrow_chunks * weights.narrow_channels) *
                       chip_lanes);
  for (std::uint8_t& code : weights.codes) {
    if (share(random_bits) >= kept) continue;
    code = 1;
    while (code < (1 << weights.planes) - 1 && share(random_bits) < next) ++code;
    if (weights.has_signs && below(2) == 0) code |= 0x80;
  }
  return weights;
}

inline std::vector<ChipDecoder::Row> expected_rows(const ChipWeights& weights) {
  std::vector<ChipDecoder::Row> rows;
  std::size_t at = 0;
  for (int k = 0; k < weights.chunks + weights.narrow_chunks; ++k) {
    const int channels = k < weights.chunks ? chip_channels : weights.narrow_channels;
    for (int plane = 0; plane < weights.planes; ++plane) {
      ChipDecoder::Row row{plane, {}, {}};
      for (int c = 0; c < channels; ++c)
        for (int lane = 0; lane < chip_lanes; ++lane) {
          std::uint8_t code = weights.codes[at + static_cast<std::size_t>(c * chip_lanes + lane)];
          bool negative = code >> 7 != 0;
          const ChipGenerator& generator = weights.generator;
          // The index of this weight among those of a set whose first chunk has number `first`.
          const std::uint32_t chunk =
              generator.first +
              std::uint32_t(k / generator.chunks * (weights.chunks != 0 ? chip_channels : channels) + c) *
                  std::uint32_t(generator.chunks) +
              std::uint32_t(k % generator.chunks);
          const std::uint64_t weight = std::uint64_t{chunk} * chip_lanes + std::uint64_t(lane);
          if (weights.random_signs) negative = SignGenerator(generator.sign_seed).negative(weight);
          if (weights.frozen) {
            const FreezeState state = FreezeGenerator(generator.freeze_key ^ freeze_domain, generator.pruned,
                                                      generator.frozen - generator.pruned)
                                          .state(weight);
            if (state == FreezeState::pruned) code = 0;
            if (state == FreezeState::locked) code = std::uint8_t(generator.level);
          }
          if ((code & 0x7f) == 0) continue;
          const auto channel = static_cast<std::size_t>(c);
          const bool set = code >> plane & 1;
          row.mask[channel] = static_cast<std::uint16_t>(row.mask[channel] | set << lane);
          row.sign[channel] = static_cast<std::uint16_t>(row.sign[channel] | (set ? negative : true) << lane);
        }
      rows.push_back(row);
    }
    at += static_cast<std::size_t>(channels) * chip_lanes;
  }
  return rows;
}

/// Some bits of the header, table or words become others, or the number of words does.
inline Bytes damage(Bytes bytes, std::mt19937_64& random_bits) {
  const auto flip = [&](std::size_t first, std::size_t end) {
    bytes[first + random_bits() % (end - first)] ^= static_cast<std::uint8_t>(1 << random_bits() % 8);
  };
  switch (random_bits() % 4) {
    case 0:
      flip(0, 16);
      break;
    case 1:
      flip(16, std::min<std::size_t>(bytes.size(), 48));
      break;
    case 2:
      for (int i = 0; i < 4; ++i) flip(32, bytes.size());
      break;
    default: {
      // Fewer words, or more than there are weights for.
      const int words = bytes[8] | bytes[9] << 8,
                other = std::max(0, words + static_cast<int>(random_bits() % 17) - 8);
      bytes[8] = static_cast<std::uint8_t>(other);
      bytes[9] = static_cast<std::uint8_t>(other >> 8);
    }
  }
  bytes.resize(bytes.size() + 4 * chip_beat_bytes, 0);
  return bytes;
}

}  // namespace wd::stream
