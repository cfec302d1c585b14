// SPDX-License-Identifier: Apache-2.0
// POOL in the fast simulator.
//
// Timing    a tile takes SETUP, for each kernel position its sub-reads and one cycle, and a cycle for the words to be written.
// Test      testbench/ (against the golden model, SystemC and RTL)
#include <emmintrin.h>

#include <algorithm>
#include <bit>

#include "base/error.hpp"
#include "hw/numerics/fp8.hpp"
#include "sim/fast/fast_engine.hpp"
#include "sim/fast/tile_reads.hpp"

namespace wd::sim {

using arch::Instr;

namespace {

/// Of 16 lanes each, the code of highest order (fp8_order) so far; of equal ones the first.
struct Greatest {
  __m128i codes = _mm_set1_epi8(static_cast<char>(numerics::fp8_lowest)),
          orders = _mm_set1_epi8(static_cast<char>(numerics::fp8_order(numerics::fp8_lowest)));

  void take(__m128i code, __m128i order) {
    const __m128i above = _mm_cmpgt_epi8(order, orders);
    codes = _mm_or_si128(_mm_and_si128(above, code), _mm_andnot_si128(above, codes));
    orders = _mm_or_si128(_mm_and_si128(above, order), _mm_andnot_si128(above, orders));
  }
};

}  // namespace

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
  constexpr std::size_t most_blocks = 4;
  const int chunk = state_.arch().chunk;
  const auto blocks =
      static_cast<std::size_t>(std::min(chunk / arch::block, instr.in_blocks - word * chunk / arch::block));
  WD_ASSERT(blocks <= most_blocks);
  const TensorPlace in = program::input_place(instr);
  const int image = x % instr.images, columns = instr.in_w / instr.images;
  const int top = y * instr.stride - instr.pad_y, left = x / instr.images * instr.stride - instr.pad_x;
  const __m128i zero = _mm_setzero_si128(), magnitudes = _mm_set1_epi8(0x7f);
  Greatest greatest[most_blocks];
  std::uint64_t reads = 0, zeros = 0;
  for (int iy = std::max(0, top); iy < std::min(instr.in_h, top + instr.kernel_h); ++iy)
    for (int ix = std::max(0, left); ix < std::min(columns, left + instr.kernel_w); ++ix, ++reads) {
      const std::uint8_t* codes = state_.acts.word(in, iy, ix * instr.images + image, word);
      for (std::size_t b = 0; b < blocks; ++b, codes += arch::block) {
        const __m128i code = _mm_loadu_si128(reinterpret_cast<const __m128i*>(codes)),
                      magnitude = _mm_and_si128(code, magnitudes), minus = _mm_cmpgt_epi8(zero, code);
        zeros += static_cast<std::uint64_t>(
            std::popcount(static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(magnitude, zero)))));
        greatest[b].take(code, _mm_sub_epi8(_mm_xor_si128(magnitude, minus), minus));
      }
    }
  Sparsity& seen = layer_sparsity_[static_cast<std::size_t>(instr.layer)];
  seen.activations += reads * static_cast<std::uint64_t>(chunk);
  seen.zero_activations += zeros + reads * (static_cast<std::uint64_t>(chunk) - blocks * arch::block);
  std::uint8_t* const to = state_.acts.word(program::output_place(instr), y, x, word);
  for (std::size_t b = 0; b < blocks; ++b)
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + b * arch::block), greatest[b].codes);
  return reads;
}

}  // namespace wd::sim
