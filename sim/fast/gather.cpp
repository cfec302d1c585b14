// SPDX-License-Identifier: Apache-2.0
#include "sim/fast/gather.hpp"

#include <emmintrin.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace wd::sim::fast {
namespace {

/// Where a group's operands are from; of pixels outside of the input, zeros.
struct Source {
  const std::uint8_t* codes = nullptr;
  std::size_t step = 0;  // from a word to the next one
};

__m128i load(const void* from) { return _mm_loadu_si128(static_cast<const __m128i*>(from)); }
void store(void* to, __m128i x) { _mm_storeu_si128(static_cast<__m128i*>(to), x); }

/// 16 codes of each group, a quad of all groups after the other.
void add_block(const Source (&sources)[groups], std::size_t word, std::size_t at, std::uint8_t* to) {
  for (std::size_t g = 0; g < groups; g += 4) {
    __m128i rows[4];
    for (std::size_t i = 0; i < 4; ++i)
      rows[i] = load(sources[g + i].codes + word * sources[g + i].step + at);
    const __m128i a = _mm_unpacklo_epi32(rows[0], rows[1]), b = _mm_unpacklo_epi32(rows[2], rows[3]);
    const __m128i c = _mm_unpackhi_epi32(rows[0], rows[1]), d = _mm_unpackhi_epi32(rows[2], rows[3]);
    store(to + 4 * g, _mm_unpacklo_epi64(a, b));
    store(to + 4 * (groups + g), _mm_unpackhi_epi64(a, b));
    store(to + 4 * (2 * groups + g), _mm_unpacklo_epi64(c, d));
    store(to + 4 * (3 * groups + g), _mm_unpackhi_epi64(c, d));
  }
}

/// The pixel that a group computes, and where its first tap lies, before padding is cut off.
struct Group {
  bool inside = false;
  int y = 0, column = 0, image = 0;
};

}  // namespace

void survey(const std::vector<std::uint8_t>& codes, TileActs& acts) {
  const std::size_t quads = codes.size() / (groups * 4);
  acts.works.resize(quads);
  acts.operands.resize(quads * 4);
  const __m128i magnitude = _mm_set1_epi8(0x7f), one = _mm_set1_epi8(1), zero = _mm_setzero_si128();
  std::uint64_t nonzero = 0;
  for (std::size_t q = 0; q < quads; ++q) {
    __m128i counts = zero;
    std::uint64_t zeros = 0;
    for (int i = 0; i < 4; ++i) {
      const __m128i x =
          _mm_and_si128(load(&codes[q * groups * 4 + 16 * static_cast<std::size_t>(i)]), magnitude);
      counts = _mm_add_epi8(counts, _mm_min_epu8(x, one));
      zeros |= std::uint64_t{static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(x, zero)))}
               << 16 * i;
    }
    acts.works[q] = ~zeros;
    counts = _mm_add_epi8(counts, _mm_srli_si128(counts, 8));
    counts = _mm_add_epi8(counts, _mm_srli_si128(counts, 4));
    const auto four = static_cast<std::uint32_t>(_mm_cvtsi128_si32(counts));
    std::memcpy(&acts.operands[4 * q], &four, sizeof four);
    nonzero += four * 0x01010101u >> 24;
  }
  acts.nonzero = nonzero;
}

void gather(const ChipState& state, const arch::Instr& conv, int tile, const KernelSet* kernels,
            TileScratch& scratch, TileActs& acts) {
  static constexpr std::uint8_t zeros[64] = {};
  const arch::Arch& arch = state.arch();
  const TensorPlace place = program::input_place(conv);
  const auto words = static_cast<std::size_t>(program::block_words(conv.in_blocks, arch));
  const auto positions = static_cast<std::size_t>(program::tile_positions(conv)),
             chunk = static_cast<std::size_t>(arch.chunk), of_word = chunk / arch::block,
             blocks = static_cast<std::size_t>(conv.in_blocks);
  scratch.codes.resize(positions * words * chunk * groups);
  acts.sub_reads.resize(positions * words);
  acts.reads = 0;
  acts.inside = 0;
  Group of[groups];
  for (std::size_t g = 0; g < groups; ++g) {
    const auto pixel = program::group_pixel(conv, tile, static_cast<int>(g), arch);
    if (pixel && !conv.pooled)
      of[g] = {true, pixel->y * conv.stride - conv.pad_y, pixel->x / conv.images * conv.stride - conv.pad_x,
               pixel->x % conv.images};
    acts.inside |= std::uint32_t{conv.pooled != 0 || pixel.has_value()} << g;
  }
  const std::size_t step = state.acts.word_step(place);
  const int columns = conv.in_w / conv.images;
  std::uint8_t* to = scratch.codes.data();
  for (std::size_t position = 0; position < positions; ++position) {
    Source sources[groups];
    std::uint8_t needs[groups] = {};
    std::uint8_t most = 1;
    const int tap_y = static_cast<int>(position) / conv.kernel_w,
              tap_x = static_cast<int>(position) % conv.kernel_w;
    for (std::size_t g = 0; g < groups; ++g) {
      sources[g] = {zeros, 0};
      int y = 0, x = 0;
      if (conv.pooled) {  // its share of all pixels, and those of one image alone
        const int q = static_cast<int>(position * groups + g);
        if (q >= conv.in_h * conv.in_w) continue;
        y = q / conv.in_w, x = q % conv.in_w;
      } else {
        y = of[g].y + tap_y;
        const int column = of[g].column + tap_x;
        if (!of[g].inside || y < 0 || y >= conv.in_h || column < 0 || column >= columns) continue;
        x = column * conv.images + of[g].image;
      }
      sources[g] = {state.acts.word(place, y, x, 0), step};
      most = std::max(most, ++needs[program::pixel_bank(place, y, x, arch)]);
      acts.reads += static_cast<int>(words);
    }
    std::fill_n(acts.sub_reads.begin() + static_cast<std::ptrdiff_t>(position * words), words, most);
    for (std::size_t block = 0; block < blocks; ++block, to += arch::block * groups)
      add_block(sources, block / of_word, block % of_word * arch::block, to);
    // What a word has behind the tensor's channels is nobody's.
    to = std::fill_n(to, (words * of_word - blocks) * arch::block * groups, std::uint8_t{0});
  }
  survey(scratch.codes, acts);
  if (kernels == nullptr) return;
  acts.limbs.resize(most_limbs * scratch.codes.size());
  acts.limb_count =
      kernels->limbs(scratch.codes.data(), scratch.codes.size(), acts.limbs.data(), scratch.codes.size());
}

}  // namespace wd::sim::fast
