// SPDX-License-Identifier: Apache-2.0
// The geometry of tensors and convolutions on the chip, said once for compiler, checker, golden model, fast simulator
// and the RTL engine. (The SystemC model says it a second time, on purpose.)
//
// Shape     a block is 16 channels, a word or chunk `Chunk` channels, a tile as many pixels as there are groups x
//           PesPerGroup channels. Pixels are counted in raster order: q = y * width + x; an output's is group q mod groups of
//           tile q / groups; docs/architecture.md. The images of a batch lie side by side: x is
//           column * images + image, and a width is the columns' times the images'.
// Units     rows: of an activation bank or of the weight buffer. All results fit an int where the fields are in the
//           ranges of isa.def, which check() refuses to leave.
// Test      geometry_test.cpp
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "base/integer.hpp"
#include "hw/arch/arch.hpp"
#include "hw/formats/program/tensor_place.hpp"

namespace wd::program {

/// 16-channel blocks that hold `channels`.
inline int channel_blocks(int channels) { return ceil_div(channels, arch::block); }

/// Words of a pixel of so many channel blocks.
inline int block_words(int blocks, const arch::Arch& arch) {
  return ceil_div(blocks * arch::block, arch.chunk);
}

/// Activation rows, in every bank, of a word of all pixels; as many tiles cover them.
inline int pixel_rows(int height, int width, const arch::Arch& arch) {
  return ceil_div(height * width, arch.groups());
}

/// Activation rows, in every bank, of a tensor.
inline int tensor_rows(int height, int width, int blocks, const arch::Arch& arch) {
  return pixel_rows(height, width, arch) * block_words(blocks, arch);
}

/// First beat of a burst in an iteration of its loop.
inline int burst_address(const arch::Instr& burst, int iteration) {
  return burst.mem_addr + 4 * burst.norm_step * iteration;
}

/// Where LOAD_TENSOR puts its tensor, and STORE_TENSOR finds it.
inline TensorPlace transferred_place(const arch::Instr& burst) {
  const bool stores = burst.operation() == arch::Op::StoreTensor;
  return {stores ? burst.in_base : burst.out_base, burst.in_w, burst.in_rows};
}

/// Of a CONV or POOL.
inline TensorPlace input_place(const arch::Instr& conv) {
  return {conv.in_base, conv.in_w, conv.in_rows, conv.in_offset, conv.in_wrap};
}

/// Of an ELEMENTWISE, whose input has the output's shape.
inline TensorPlace element_place(const arch::Instr& instr) {
  return {instr.in_base, instr.out_w, instr.in_rows};
}

/// Of the computed channels; the residual has their shape, too.
inline TensorPlace output_place(const arch::Instr& conv) {
  return {conv.out_base, conv.out_w, conv.out_rows};
}
inline TensorPlace residual_place(const arch::Instr& conv) {
  return {conv.res_base, conv.out_w, conv.res_rows};
}

/// Normalization rows that a layer reads in an iteration.
inline int norm_rows(const arch::Instr& layer) { return layer.norm_t ? layer.tiles : layer.out_blocks; }

/// Score row of an output pixel's channel block.
inline int score_row(const arch::Instr& conv, int x, int block) {
  return conv.out_base + block * conv.images + x;
}

/// Activation rows, in every bank, of the computed channels where nothing lies between their words.
inline int output_rows(const arch::Instr& conv, const arch::Arch& arch) {
  return tensor_rows(conv.out_h, conv.out_w, conv.out_blocks, arch);
}

/// Places of the computed channels in a tensor of the output's shape.
inline std::vector<Span> output_spans(const arch::Instr& conv, const TensorPlace& place,
                                      const arch::Arch& arch) {
  if (conv.operation() == arch::Op::Transpose)  // all pixels of the output's rows
    return tensor_spans({place.base, arch.groups(), place.rows}, conv.in_blocks, conv.out_blocks, arch);
  return tensor_spans(place, conv.out_h, block_words(conv.out_blocks, arch), arch);
}
inline std::vector<Span> input_spans(const arch::Instr& conv, const arch::Arch& arch) {
  return tensor_spans(input_place(conv), conv.in_h, block_words(conv.in_blocks, arch), arch);
}
inline std::vector<Span> transferred_spans(const arch::Instr& burst, const arch::Arch& arch) {
  return tensor_spans(transferred_place(burst), burst.in_h, block_words(burst.in_blocks, arch), arch);
}

/// Whether two beats of a LOAD_TENSOR may come to one bank in a row: the last one of a channel block and the next one's first.
inline bool loads_a_bank_twice(const arch::Instr& load, const arch::Arch& arch) {
  return load.in_blocks > 1 && load.in_h * load.in_w % arch.groups() == 1;
}

/// Output-channel tiles.
inline int channel_tiles(int blocks, const arch::Arch& arch) {
  return ceil_div(blocks * arch::block, arch.pes_per_group);
}

/// Channel blocks of a whole tile.
inline int tile_blocks(const arch::Arch& arch) { return arch.pes_per_group / arch::block; }

/// Channel blocks of a CONV's tile: the last one may be narrower than the array.
inline int tile_blocks(const arch::Instr& conv, int oc, const arch::Arch& arch) {
  const int left = conv.out_blocks - oc * tile_blocks(arch);
  return left < tile_blocks(arch) ? left : tile_blocks(arch);
}

struct Pixel {
  int y = 0, x = 0;
};

/// Output pixel of a group in a tile; none behind the last one.
inline std::optional<Pixel> group_pixel(const arch::Instr& conv, int tile, int group,
                                        const arch::Arch& arch) {
  const int q = tile * arch.groups() + group;
  if (q >= conv.out_h * conv.out_w) return std::nullopt;
  return Pixel{q / conv.out_w, q % conv.out_w};
}

inline int kernel_positions(const arch::Instr& conv) { return conv.kernel_h * conv.kernel_w; }

/// Positions that a tile walks: of the kernel; with `pooled` rows of as many input pixels as there are groups.
inline int tile_positions(const arch::Instr& conv) {
  return conv.pooled ? conv.in_rows : kernel_positions(conv);
}

/// Input pixel that a group needs at a position; none outside of the input.
inline std::optional<Pixel> operand_pixel(const arch::Instr& conv, int tile, int group, int position,
                                          const arch::Arch& arch) {
  if (conv.pooled) {  // its share of all pixels, and those of one image alone
    const int q = position * arch.groups() + group;
    if (q >= conv.in_h * conv.in_w) return std::nullopt;
    return Pixel{q / conv.in_w, q % conv.in_w};
  }
  const Pixel tap{position / conv.kernel_w, position % conv.kernel_w};
  const std::optional<Pixel> out = group_pixel(conv, tile, group, arch);
  if (!out) return std::nullopt;
  const int image = out->x % conv.images, column = out->x / conv.images;
  const Pixel in{out->y * conv.stride + tap.y - conv.pad_y,
                 (column * conv.stride + tap.x - conv.pad_x) * conv.images + image};
  if (in.y < 0 || in.y >= conv.in_h || in.x < 0 || in.x >= conv.in_w) return std::nullopt;
  return in;
}

/// Sub-reads of a chunk's fetch: most groups that need the same bank, which serves one in each; at least one.
inline int sub_reads(const arch::Instr& conv, int tile, int position, const arch::Arch& arch) {
  std::vector<int> needs(static_cast<std::size_t>(arch.groups()));
  int most = 1;
  for (int group = 0; group < arch.groups(); ++group)
    if (const auto in = operand_pixel(conv, tile, group, position, arch))
      most = std::max(most,
                      ++needs[static_cast<std::size_t>(pixel_bank(input_place(conv), in->y, in->x, arch))]);
  return most;
}

/// Weight rows that are stored for `positions` kernel positions of one output-channel tile.
inline int stored_rows(int positions, int in_blocks, int planes, const arch::Arch& arch) {
  return positions * block_words(in_blocks, arch) * planes;
}

/// Weight rows that are stored for one output-channel tile of a CONV: with `pooled`, those of one position.
inline int stored_rows(const arch::Instr& conv, const arch::Arch& arch) {
  return stored_rows(conv.pooled ? 1 : kernel_positions(conv), conv.in_blocks, conv.planes, arch);
}

/// Weight rows that a tile walks.
inline int walked_rows(const arch::Instr& conv, const arch::Arch& arch) {
  return stored_rows(tile_positions(conv), conv.in_blocks, conv.planes, arch);
}

/// POST cycles of a channel block: one for each row of groups. With `pooled` each column of groups adds up what it has of an
/// image; fewer than four images then have their columns added, in one cycle (two images) or two.
inline int block_steps(const arch::Instr& instr, const arch::Arch& arch) {
  if (instr.lookup)
    return arch.groups();  // a pixel of 16 codes is looked up in each, a cycle behind the stages
  if (!instr.pooled || instr.images >= arch.groups_x) return arch.groups_y;
  return arch.groups_y + (instr.images == 1 ? 2 : 1);
}

/// Of these, the ones that make results: of a row of pixels each.
inline int block_results(const arch::Instr& instr, const arch::Arch& arch) {
  return instr.pooled ? ceil_div(instr.images, arch.groups_x) : arch.groups_y;
}

}  // namespace wd::program
