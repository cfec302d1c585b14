// SPDX-License-Identifier: Apache-2.0
#include "testbench/programs/coded_rows.hpp"

#include "base/error.hpp"
#include "hw/formats/stream/chip_stream.hpp"

namespace wd::testbench {

Bytes coded_rows(std::span<const program::WeightRow> rows, int planes, std::size_t full_rows, int channels,
                 const arch::Arch& arch, std::mt19937_64& random_bits) {
  const auto of_chunk = static_cast<std::size_t>(planes);
  WD_ASSERT(rows.size() % of_chunk == 0 && full_rows % of_chunk == 0);
  const bool wide = arch.pes_per_group == stream::chip_channels;
  stream::ChipWeights weights;
  weights.planes = planes;
  weights.chunks = wide ? static_cast<int>(full_rows / of_chunk) : 0;
  weights.narrow_chunks = static_cast<int>(rows.size() / of_chunk) - weights.chunks;
  weights.narrow_channels = !wide && full_rows != 0 ? arch.pes_per_group : channels;
  weights.random_signs = random_bits() % 2 == 0;
  weights.has_signs = !weights.random_signs;
  weights.generator = {random_bits(), static_cast<std::uint32_t>(random_bits()),
                       1 + static_cast<int>(random_bits() % 9)};
  // In channels that a narrow tile does not have locked weights would be some.
  const bool whole = wide || full_rows == 0 || full_rows == rows.size();
  weights.frozen = weights.random_signs && arch.freeze_generator != 0 && whole && random_bits() % 3 == 0;
  if (weights.frozen) {
    weights.generator.freeze_key = random_bits();
    weights.generator.pruned = static_cast<std::uint32_t>(random_bits() % 40000);
    weights.generator.frozen = weights.generator.pruned + static_cast<std::uint32_t>(random_bits() % 25000);
    weights.generator.level = 1 + static_cast<int>(random_bits() % ((1U << planes) - 1));
  }
  for (std::size_t r = 0; r < rows.size(); r += of_chunk) {
    const int present = wide && r < full_rows ? stream::chip_channels : weights.narrow_channels;
    for (std::size_t pe = 0; pe < static_cast<std::size_t>(present); ++pe)
      for (int lane = 0; lane < stream::chip_lanes; ++lane) {
        int level = 0, negative = 0;
        for (std::size_t plane = 0; plane < of_chunk; ++plane) {
          const program::WeightWord& word = rows[r + plane][pe];
          if ((word.mask >> lane & 1) == 0) continue;
          level |= 1 << plane;
          negative = static_cast<int>(word.sign >> lane & 1);
        }
        weights.codes.push_back(
            static_cast<std::uint8_t>(level | (weights.has_signs && level != 0 ? negative << 7 : 0)));
      }
  }
  return stream::encode_chip(weights, program::decoder_shape(arch), "random weights");
}

}  // namespace wd::testbench
