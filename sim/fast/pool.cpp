// SPDX-License-Identifier: Apache-2.0
// POOL in the fast simulator.
//
// Timing    a tile takes SETUP, for each kernel position its sub-reads and one cycle, and a cycle for the words to be written.
// Test      testbench/ (against the golden model, SystemC and RTL)
#include <algorithm>

#include "hw/numerics/fp8.hpp"
#include "sim/fast/fast_engine.hpp"
#include "sim/fast/tile_reads.hpp"

namespace wd::sim {

using arch::Instr;

void FastEngine::pool(const Instr& instr, int iteration) {
  const arch::Counters before = counters_;
  const std::uint64_t begin = cycle_;
  for (int word = 0; word < instr.tiles_oc; ++word)
    for (int t = 0; t < instr.tiles; ++t) pool_tile(instr, {instr.layer, iteration, word, t});
  if (replayed_ != nullptr) replay_pool(instr, iteration);
  finish(instr, iteration, before, begin);
}

void FastEngine::pool_tile(const Instr& instr, const TileId& id) {
  const arch::Arch& arch = state_.arch();
  std::uint64_t run = 0;
  std::vector<std::uint32_t> fetches;
  for (int position = 0; position < program::kernel_positions(instr); ++position) {
    fetches.push_back(static_cast<std::uint32_t>(run));
    run += static_cast<std::uint64_t>(program::sub_reads(instr, id.t, position, arch)) + 1;
  }
  if (bursts_.store_pending()) fast::tell_fetches(bursts_, instr, id.t, cycle_ + 1, fetches, arch);
  for (int group = 0; group < arch.groups(); ++group)
    if (const auto pixel = program::group_pixel(instr, id.t, group, arch)) {
      counters_.act_reads += pool_word(instr, id.oc, pixel->y, pixel->x);
      ++counters_.act_writes;
    }
  if (trace_ != nullptr) {
    TileTrace tile;
    tile.id = id;
    tile.start_cycle = cycle_;
    tile.run_end_cycle = cycle_ + run;
    trace_->tile(tile);
  }
  counters_.run_cycles += run;
  cycle_ += 1 + run + 1;
}

/// Lanes behind the tensor's channels are nobody's: they count as zeros. @return words that were read
std::uint64_t FastEngine::pool_word(const Instr& instr, int word, int y, int x) {
  const int chunk = state_.arch().chunk;
  const auto lanes = static_cast<std::size_t>(std::min(chunk, instr.in_blocks * arch::block - word * chunk));
  const TensorPlace in = program::input_place(instr);
  const int image = x % instr.images, columns = instr.in_w / instr.images;
  const int top = y * instr.stride - instr.pad_y, left = x / instr.images * instr.stride - instr.pad_x;
  std::vector<std::uint8_t> greatest(lanes, numerics::fp8_lowest);
  std::uint64_t reads = 0;
  for (int iy = std::max(0, top); iy < std::min(instr.in_h, top + instr.kernel_h); ++iy)
    for (int ix = std::max(0, left); ix < std::min(columns, left + instr.kernel_w); ++ix, ++reads) {
      const std::uint8_t* codes = state_.acts.word(in, iy, ix * instr.images + image, word);
      Sparsity& seen = layer_sparsity_[static_cast<std::size_t>(instr.layer)];
      seen.activations += static_cast<std::uint64_t>(chunk);
      seen.zero_activations += static_cast<std::uint64_t>(chunk) - lanes;
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        seen.zero_activations += (codes[lane] & 0x7f) == 0;
        if (numerics::fp8_order(codes[lane]) > numerics::fp8_order(greatest[lane]))
          greatest[lane] = codes[lane];
      }
    }
  std::copy(greatest.begin(), greatest.end(), state_.acts.word(program::output_place(instr), y, x, word));
  return reads;
}

}  // namespace wd::sim
