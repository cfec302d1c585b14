// SPDX-License-Identifier: Apache-2.0
// TRANSPOSE in the fast simulator.
//
// Timing    a tile takes SETUP, two cycles for its words to be read, and one for them to be written.
// Test      testbench/ (against the golden model, SystemC and RTL)
#include <algorithm>
#include <array>

#include "sim/fast/fast_engine.hpp"

namespace wd::sim {

using arch::Instr;

void FastEngine::transpose(const Instr& instr, int iteration) {
  constexpr std::uint64_t run = 2;
  const arch::Counters before = counters_;
  const std::uint64_t begin = cycle_;
  for (int word = 0; word < instr.tiles_oc; ++word)
    for (int t = 0; t < instr.tiles; ++t) {
      transpose_tile(instr, word, t);
      if (trace_ != nullptr) {
        TileTrace tile;
        tile.id = {instr.layer, iteration, word, t};
        tile.start_cycle = cycle_;
        tile.run_end_cycle = cycle_ + run;
        trace_->tile(tile);
      }
      counters_.run_cycles += run;
      const int left = instr.in_h * instr.in_w - t * state_.arch().groups();  // pixels: one of each bank
      bursts_.tiles_read(cycle_ + 1, left >= state_.arch().groups() ? 0xffff : (1u << left) - 1);
      cycle_ += 1 + run + 1;
    }
  finish(instr, iteration, before, begin);
}

/// 16 pixels of a word become a block of channels of 16 pixels.
void FastEngine::transpose_tile(const Instr& instr, int word, int t) {
  const TensorPlace in = program::input_place(instr), out = program::output_place(instr);
  Sparsity& seen = layer_sparsity_[static_cast<std::size_t>(instr.layer)];
  std::array<std::array<std::uint8_t, arch::block>, arch::block> words{};  // by channel
  for (int group = 0; group < state_.arch().groups(); ++group) {
    const int pixel = t * state_.arch().groups() + group;
    if (pixel >= instr.in_h * instr.in_w) continue;
    const std::uint8_t* codes = state_.acts.word(in, 0, pixel, word);
    ++counters_.act_reads;
    seen.activations += arch::block;
    for (std::size_t lane = 0; lane < arch::block; ++lane) {
      seen.zero_activations += (codes[lane] & 0x7f) == 0;
      words[lane][static_cast<std::size_t>(group)] = codes[lane];
    }
  }
  for (int pixel = 0; pixel < arch::block; ++pixel) {
    const auto& from = words[static_cast<std::size_t>(pixel)];
    std::copy(from.begin(), from.end(), state_.acts.word(out, 0, word * arch::block + pixel, t));
    ++counters_.act_writes;
  }
}

}  // namespace wd::sim
