// SPDX-License-Identifier: Apache-2.0
// ELEMENTWISE in the fast simulator: the post unit on a tensor instead of sums.
//
// Timing    a tile takes SETUP and POST; the last one's steps then pass the post unit's stages.
// Test      testbench/ (against the golden model, SystemC and RTL)
#include <algorithm>

#include "hw/numerics/fp8.hpp"
#include "sim/fast/fast_engine.hpp"

namespace wd::sim {

using arch::Instr;

void FastEngine::elementwise(const Instr& instr, int iteration) {
  const arch::Counters before = counters_;
  const std::uint64_t begin = cycle_;
  read_norms(instr, iteration);
  for (int oc = 0; oc < instr.tiles_oc; ++oc)
    for (int t = 0; t < instr.tiles; ++t) {
      const TileId id{instr.layer, iteration, oc, t};
      take_input(instr, id);
      if (trace_ != nullptr) {
        TileTrace tile;
        tile.id = id;
        tile.start_cycle = tile.run_end_cycle = cycle_;
        trace_->tile(tile);
      }
      ++cycle_;
      counters_ += post(instr, id, scratch_.front());
      cycle_ += post_cycles(instr, id);
    }
  cycle_ += static_cast<std::uint64_t>(arch::post_stages + instr.lookup);
  finish(instr, iteration, before, begin);
}

/// The input's values, where post() finds a convolution's sums.
void FastEngine::take_input(const Instr& instr, const TileId& id) {
  const arch::Arch& arch = state_.arch();
  const TensorPlace in = program::element_place(instr);
  Sparsity& seen = layer_sparsity_[static_cast<std::size_t>(instr.layer)];
  std::vector<double>& sums = scratch_.front().sums;
  sums.assign(static_cast<std::size_t>(arch.pes()), 0);
  for (int group = 0; group < arch.groups(); ++group)
    if (const auto pixel = program::group_pixel(instr, id.t, group, arch))
      for (int b = 0; b < program::tile_blocks(instr, id.oc, arch); ++b) {
        const std::uint8_t* codes =
            state_.acts.block(in, pixel->y, pixel->x, id.oc * program::tile_blocks(arch) + b);
        ++counters_.act_reads;
        seen.activations += arch::block;
        for (int lane = 0; lane < arch::block; ++lane) {
          seen.zero_activations += (codes[lane] & 0x7f) == 0;
          sums[static_cast<std::size_t>(group * arch.pes_per_group + b * arch::block + lane)] =
              numerics::fp8_units(codes[lane]);
        }
      }
}

}  // namespace wd::sim
