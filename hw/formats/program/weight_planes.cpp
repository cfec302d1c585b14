// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/program/weight_planes.hpp"

#include <algorithm>
#include <bit>

#include "base/error.hpp"
#include "hw/formats/program/geometry.hpp"

namespace wd::program {

int WeightPlanes::load(const arch::Instr& load, const std::string& what) {
  const std::vector<PackedRow>& rows = bursts_.at(load, what).rows;
  std::copy(rows.begin(), rows.end(), rows_.begin() + load.weight_row);
  return static_cast<int>(rows.size());
}

void WeightPlanes::check(const arch::Instr& conv, const std::string& what) {
  const int rows = conv.tiles_oc * stored_rows(conv, program_.arch);
  const auto first = rows_.begin() + conv.weight_row;
  if (!checked_.emplace(conv.planes, conv.out_blocks, std::vector(first, first + rows)).second) return;
  const int per_tile = stored_rows(conv, program_.arch);
  std::vector<WeightRow> planes(static_cast<std::size_t>(conv.planes));
  for (int r = 0; r < rows; r += conv.planes) {
    for (int plane = 0; plane < conv.planes; ++plane)
      expand_row(first[r + plane], program_.arch, planes[static_cast<std::size_t>(plane)]);
    for (std::size_t pe = 0; pe < planes.front().size(); ++pe) {
      const int channel = r / per_tile * program_.arch.pes_per_group + static_cast<int>(pe);
      std::uint64_t bits = 0, negative = 0, positive = 0;
      for (const WeightRow& plane : planes) {
        const WeightWord& word = plane[pe];
        bits |= word.mask;
        negative |= word.mask & word.sign;
        positive |= word.mask & ~word.sign;
      }
      WD_REQUIRE(bits == 0 || channel < conv.out_blocks * arch::block, what, "weight rows from ",
                 conv.weight_row + r, " on have weights of PE ", pe,
                 ", which has no output channel: 'out_blocks' is ", conv.out_blocks,
                 "; load this layer's own rows");
      std::uint64_t wrong = negative & positive;
      // Without a bit in a plane, the sign bit only says whether the weight has one in another.
      for (const WeightRow& plane : planes) {
        const WeightWord& word = plane[pe];
        wrong |= ~word.mask & (word.sign ^ bits);
      }
      WD_REQUIRE(wrong == 0, what, "weight rows ", conv.weight_row + r, " to ",
                 conv.weight_row + r + conv.planes - 1, " are not the planes of weights: those of PE ", pe,
                 ", lane ", std::countr_zero(wrong), " disagree in sign; load planes in their order");
    }
  }
}

}  // namespace wd::program
