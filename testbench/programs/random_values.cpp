// SPDX-License-Identifier: Apache-2.0
#include "testbench/programs/random_values.hpp"

#include <algorithm>

namespace wd::testbench {

std::vector<program::WeightRow> RandomValues::weights(const arch::Instr& conv, int chunks,
                                                      const arch::Arch& arch) {
  std::vector<program::WeightRow> rows;
  const double filled = density();
  const auto planes = static_cast<std::size_t>(conv.planes);
  for (int tile = 0; tile < conv.tiles_oc; ++tile)
    for (int chunk = 0; chunk < chunks; ++chunk) {
      const std::size_t first = rows.size();
      rows.resize(first + planes, program::WeightRow(static_cast<std::size_t>(arch.pes_per_group)));
      const int outputs =
          std::min(arch.pes_per_group, conv.out_blocks * arch::block - tile * arch.pes_per_group);
      for (std::size_t pe = 0; pe < static_cast<std::size_t>(outputs); ++pe) {
        if (!density_ && between(0, 7) == 0) continue;  // a PE without work
        for (int lane = 0; lane < arch.chunk; ++lane) {
          const int level = chance(filled) ? between(1, (1 << conv.planes) - 1) : 0;
          const bool negative = level != 0 && chance(0.5);
          for (std::size_t plane = 0; plane < planes; ++plane) {
            program::WeightWord& word = rows[first + plane][pe];
            const std::uint64_t bit = level >> plane & 1;
            // Without a bit in this plane, the sign bit only says that the weight is not zero.
            word.mask |= bit << lane;
            word.sign |= std::uint64_t{level != 0 && (negative || !bit)} << lane;
          }
        }
      }
    }
  return rows;
}

Bytes RandomValues::norms(int rows) {
  Bytes bytes;
  for (int i = 0; i < rows * 2 * arch::block; ++i) {
    const bool gamma = i % (2 * arch::block) < arch::block;
    const int bits =
        between(0, 31) == 0
            ? between(0, 0xffff)
            : between(0, 1) << 15 | between(gamma ? 4 : 8, gamma ? 12 : 17) << 10 | between(0, 1023);
    bytes.push_back(static_cast<std::uint8_t>(bits));
    bytes.push_back(static_cast<std::uint8_t>(bits >> 8));
  }
  return bytes;
}

std::vector<std::uint8_t> RandomValues::activations(std::size_t count) {
  const double filled = density_ ? *density_ : between(1, 20) / 20.0;
  std::vector<std::uint8_t> codes(count);
  for (std::uint8_t& code : codes)
    if (chance(filled)) code = static_cast<std::uint8_t>(between(0, 0x7e) | between(0, 1) << 7);
  return codes;
}

}  // namespace wd::testbench
