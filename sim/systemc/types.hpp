// SPDX-License-Identifier: Apache-2.0
// What the buses between blocks carry.
//
// Shape     sized for the largest legal architecture with chunks of 16; docs/architecture.md has the layouts.
#pragma once

#include <array>
#include <cstdint>

#include "hw/arch/arch.hpp"
#include "hw/numerics/fp16.hpp"

namespace wd::sim::systemc {

inline constexpr int chunk = 16;
inline constexpr int groups = 16, group_rows = 4, group_columns = 4;
inline constexpr int banks = groups;
inline constexpr int max_pes = 64;  // of a group
inline constexpr int beat_bytes = 16;

using Beat = std::array<std::uint8_t, beat_bytes>;
using ActWord = std::array<std::uint8_t, chunk>;

/// An instruction with tiles in execution, and the tile of it that is worked on.
struct Tile {
  arch::Instr conv;
  int iteration = 0;
  int oc = 0,
      t = 0;  // output-channel tile, of a POOL a channel block, of a TRANSPOSE one of the input; tile of pixels

  bool elementwise() const { return conv.operation() == arch::Op::Elementwise; }
  bool transpose() const { return conv.operation() == arch::Op::Transpose; }
  int first_block(int pes_per_group) const { return oc * pes_per_group / arch::block; }
  /// Channel blocks of this tile: the last one of a convolution may be narrower than the array.
  int blocks(int pes_per_group) const {
    const int per_tile = pes_per_group / arch::block;
    const int left = conv.out_blocks - oc * per_tile;
    return left < per_tile ? left : per_tile;
  }
  /// Number of a group's output pixel in raster order; a TRANSPOSE's tiles are over its input's.
  int output_pixel(int group) const { return t * groups + group; }
  bool inside(int group) const {
    return output_pixel(group) < (transpose() ? conv.in_h * conv.in_w : conv.out_h * conv.out_w);
  }
  /// Of a step's channel block, or of the tile's pixels.
  int norm_row(int block) const {
    return conv.norm_row + iteration * conv.norm_step + (conv.norm_t ? t : block);
  }
  /// Bit g: group g is of this row of groups, and its output pixel lies inside the tensor.
  std::uint32_t row_inside(int row) const {
    std::uint32_t bits = 0;
    for (int group = row * group_columns; group < (row + 1) * group_columns; ++group)
      bits |= std::uint32_t{inside(group)} << group;
    return bits;
  }
  /// A group that RUN works for: a pooled CONV's share its input's pixels, those of an image all of every `images`-th group.
  bool works(int group) const { return conv.pooled || inside(group); }
  /// Row of the output pixel of every group in its bank, for a channel block of a tensor of the output's shape.
  int row(int base, int pitch, int block) const { return base + block * pitch + t; }
  int output_row(int block) const { return row(conv.out_base, conv.out_rows, block); }
};

struct WeightRow {
  std::array<std::uint16_t, max_pes> mask{}, sign{};
};

/// Consecutive weight rows, which are read at once.
inline constexpr int max_planes = 3;
using WeightRows = std::array<WeightRow, max_planes>;

/// A beat as the DMA hands it on, with the place in the buffer it is for.
struct DmaBeat {
  bool valid = false;
  arch::Op target = arch::Op::Halt;
  bool first = false;     // of the burst
  bool coded = false;     // for the decoder
  int row = 0, part = 0;  // row, and the beat's number in it (norms, table), or the bank (activations)
  Beat data{};
};

/// One word from each bank; banks whose bit in `enable` is clear keep still.
struct BankRead {
  std::uint32_t enable = 0;
  std::array<int, banks> row{};
};
using BankData = std::array<ActWord, banks>;

struct BankWrite {
  std::uint32_t enable = 0;
  std::array<int, banks> row{};
  BankData data{};
};

struct NormRow {
  std::array<numerics::Fp16, arch::block> gamma{}, beta{};
};

using ScoreRow = std::array<numerics::Fp16, arch::block>;
/// A chunk's activations of all groups.
struct StagedChunk {
  std::array<ActWord, groups> acts{};
};

}  // namespace wd::sim::systemc
