// SPDX-License-Identifier: Apache-2.0
// The geometry of tensors and convolutions on the chip, said once for compiler, checker, golden model, fast simulator
// and the RTL engine. (The SystemC model says it a second time, on purpose.)
//
// Shape     a block is 16 channels, a word or chunk `Chunk` channels, a tile GroupsY x GroupsX pixels x PesPerGroup
//           channels. Pixel (y, x) lies in bank (y mod GroupsY) * GroupsX + x mod GroupsX; docs/architecture.md.
// Units     rows: of an activation bank or of the weight buffer. All results fit an int where the fields are in the
//           ranges of isa.def, which check() refuses to leave.
// Test      geometry_test.cpp
#pragma once

#include "base/integer.hpp"
#include "hw/arch/arch.hpp"

namespace wd::program {

/// 16-channel blocks that hold `channels`.
inline int channel_blocks(int channels) { return ceil_div(channels, arch::block); }

/// Words of a pixel of so many channel blocks.
inline int block_words(int blocks, const arch::Arch& arch) {
  return ceil_div(blocks * arch::block, arch.chunk);
}

/// Activation rows, in every bank, of a tensor.
inline int tensor_rows(int height, int width, int blocks, const arch::Arch& arch) {
  return ceil_div(height, arch.groups_y) * ceil_div(width, arch.groups_x) * block_words(blocks, arch);
}

/// A tensor's place in the activation buffer.
struct TensorPlace {
  int base = 0, width = 0;
  int words = 0;  // of a pixel
};

inline int pixel_bank(int y, int x, const arch::Arch& arch) {
  return y % arch.groups_y * arch.groups_x + x % arch.groups_x;
}

/// Row of a pixel's first word in its bank.
inline int pixel_row(const TensorPlace& place, int y, int x, const arch::Arch& arch) {
  return place.base +
         (y / arch.groups_y * ceil_div(place.width, arch.groups_x) + x / arch.groups_x) * place.words;
}

/// Where LOAD_INPUT puts its tensor.
inline TensorPlace loaded_place(const arch::Instr& load, const arch::Arch& arch) {
  return {load.out_base, load.in_w, block_words(load.in_blocks, arch)};
}

inline TensorPlace input_place(const arch::Instr& conv, const arch::Arch& arch) {
  return {conv.in_base, conv.in_w, block_words(conv.in_blocks, arch)};
}

/// Of the computed channels. @param base out_base, or res_base for the residual
inline TensorPlace output_place(const arch::Instr& conv, int base, const arch::Arch& arch) {
  return {base, conv.out_w, block_words(conv.out_pitch, arch)};
}

/// Rows from the first computed channel's to behind the last one's.
inline int output_rows(const arch::Instr& conv, const arch::Arch& arch) {
  return tensor_rows(conv.out_h, conv.out_w, conv.out_pitch, arch) - block_words(conv.out_pitch, arch) +
         block_words(conv.out_blocks, arch);
}

struct TileCounts {
  int y = 0, x = 0, oc = 0;
  bool operator==(const TileCounts&) const = default;
};

/// Tiles that cover an output.
inline TileCounts tile_counts(int height, int width, int blocks, const arch::Arch& arch) {
  return {ceil_div(height, arch.groups_y), ceil_div(width, arch.groups_x),
          ceil_div(blocks * arch::block, arch.pes_per_group)};
}

/// Channel blocks of a whole tile.
inline int tile_blocks(const arch::Arch& arch) { return arch.pes_per_group / arch::block; }

/// Channel blocks of a CONV's tile: the last one may be narrower than the array.
inline int tile_blocks(const arch::Instr& conv, int oc, const arch::Arch& arch) {
  const int left = conv.out_blocks - oc * tile_blocks(arch);
  return left < tile_blocks(arch) ? left : tile_blocks(arch);
}

/// Output pixel of a group in a tile.
struct Pixel {
  int y = 0, x = 0;
};
inline Pixel group_pixel(int tile_y, int tile_x, int group, const arch::Arch& arch) {
  return {tile_y * arch.groups_y + group / arch.groups_x, tile_x * arch.groups_x + group % arch.groups_x};
}

inline int kernel_positions(const arch::Instr& conv) { return conv.kernel_h * conv.kernel_w; }

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
  return stored_rows(kernel_positions(conv), conv.in_blocks, conv.planes, arch);
}

}  // namespace wd::program
