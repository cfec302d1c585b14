// SPDX-License-Identifier: Apache-2.0
// The matrix products of bf16 operands for AMX tiles; its own compile flags are in CMakeLists.txt.
//
// Shape     four tiles of 16 x 16 sums, two of the left operand (16 rows x 32 values), two of the panel
//           (16 words x 16 columns). A turned left operand is, for each 32 values of depth, rows x 32.
#include <immintrin.h>

#include "algo/kernels/matmul.hpp"

namespace wd::algo::amx {
namespace {

#include "algo/kernels/matmul_bf16_panels.inc"

constexpr std::size_t tile_rows = 16, tile_depth = 32, row_bytes = 64;

struct alignas(64) TileConfig {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t column_bytes[16] = {};
  std::uint8_t rows[16] = {};
};

/// Tiles 0..3 sums, 4 and 5 the left operand's two row blocks, 6 and 7 the panel's two column blocks.
void configure(std::size_t upper_rows, std::size_t lower_rows, std::size_t depth) {
  TileConfig config;
  const std::size_t rows[8] = {upper_rows, upper_rows, lower_rows, lower_rows,
                               upper_rows, lower_rows, depth / 2,  depth / 2};
  for (int tile = 0; tile < 8; ++tile) {
    config.rows[tile] = static_cast<std::uint8_t>(rows[tile] ? rows[tile] : 1);
    config.column_bytes[tile] = static_cast<std::uint16_t>(tile == 4 || tile == 5 ? depth * 2 : row_bytes);
  }
  // The intrinsic tells the compiler of the first bytes only.
  __asm__ volatile("" : : "r"(&config) : "memory");
  _tile_loadconfig(&config);
}

void begin() { configure(tile_rows, tile_rows, tile_depth); }
void end() { _tile_release(); }

/// Where the operands of a sum of products lie, in bytes.
struct Steps {
  std::size_t count, depth_steps;
  std::size_t left_row, left_step, right_row, right_step;
};

struct Operands {
  const char *left, *right;
};

template <bool Lower, bool Second>
inline void products(const Steps& at, Operands from) {
  for (std::size_t k = 0; k < at.depth_steps; ++k, from.left += at.left_step, from.right += at.right_step) {
    _tile_loadd(6, from.right, at.right_row);
    _tile_loadd(4, from.left, at.left_row);
    _tile_dpbf16ps(0, 4, 6);
    if constexpr (Second) {
      _tile_loadd(7, from.right + row_bytes, at.right_row);
      _tile_dpbf16ps(1, 4, 7);
    }
    if constexpr (Lower) {
      _tile_loadd(5, from.left + tile_rows * at.left_row, at.left_row);
      _tile_dpbf16ps(2, 5, 6);
      if constexpr (Second) _tile_dpbf16ps(3, 5, 7);
    }
  }
}

template <bool Lower, bool Second>
inline void load_sums(const float* sums, std::size_t stride) {
  const float* lower = sums + tile_rows * stride;
  stride *= sizeof(float);
  _tile_loadd(0, sums, stride);
  if constexpr (Second) _tile_loadd(1, sums + 16, stride);
  if constexpr (Lower) _tile_loadd(2, lower, stride);
  if constexpr (Lower && Second) _tile_loadd(3, lower + 16, stride);
}

template <bool Lower, bool Second>
inline void store_sums(float* sums, std::size_t stride) {
  float* lower = sums + tile_rows * stride;
  stride *= sizeof(float);
  _tile_stored(0, sums, stride);
  if constexpr (Second) _tile_stored(1, sums + 16, stride);
  if constexpr (Lower) _tile_stored(2, lower, stride);
  if constexpr (Lower && Second) _tile_stored(3, lower + 16, stride);
}

/// One panel: sums (+)= all products, operands_of(t) being those of the t-th.
template <bool Lower, bool Second, typename OperandsOf>
void panel_product(const Steps& at, float* sums, std::size_t stride, bool accumulate,
                   OperandsOf operands_of) {
  if (accumulate) {
    load_sums<Lower, Second>(sums, stride);
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  for (std::size_t t = 0; t < at.count; ++t) products<Lower, Second>(at, operands_of(t));
  store_sums<Lower, Second>(sums, stride);
}

/// The tiles must be configured for `at` and the shape's rows. right_offset: bytes into each panel per word
/// row of its width.
template <typename OperandsOf>
void all_panels(const MatmulShape& shape, Steps at, std::size_t words_before, float* sums, bool accumulate,
                OperandsOf operands_of) {
  for (std::size_t column = 0; column < shape.columns; column += panel_width) {
    const bool second = shape.columns - column > 16, lower = shape.rows > tile_rows;
    at.right_row = second ? 2 * row_bytes : row_bytes;
    at.right_step = tile_depth / 2 * at.right_row;
    const std::size_t right =
        column / panel_width * shape.panel_stride * sizeof(std::uint32_t) + words_before * at.right_row;
    const auto operands = [&](std::size_t t) {
      const Operands from = operands_of(t);
      return Operands{from.left, from.right + right};
    };
    float* to = sums + column;
    if (lower && second) panel_product<true, true>(at, to, shape.row_stride, accumulate, operands);
    if (lower && !second) panel_product<true, false>(at, to, shape.row_stride, accumulate, operands);
    if (!lower && second) panel_product<false, true>(at, to, shape.row_stride, accumulate, operands);
    if (!lower && !second) panel_product<false, false>(at, to, shape.row_stride, accumulate, operands);
  }
}

void multiply(const MatmulShape& shape, const MatmulTerm<BFloat16>* terms, std::size_t count,
              std::size_t left_stride, float* sums, bool accumulate) {
  const std::size_t upper = shape.rows < tile_rows ? shape.rows : tile_rows, lower = shape.rows - upper;
  const std::size_t whole = shape.depth / tile_depth, rest = shape.depth % tile_depth;
  const bool usual = upper == tile_rows && (lower == 0 || lower == tile_rows);
  const auto run = [&](std::size_t steps, std::size_t skipped, bool add) {
    const auto operands_of = [&](std::size_t t) {
      return Operands{reinterpret_cast<const char*>(terms[t].left + skipped),
                      reinterpret_cast<const char*>(terms[t].panel)};
    };
    const Steps at{count, steps, left_stride * 2, 2 * tile_depth, 0, 0};
    all_panels(shape, at, skipped / 2, sums, add, operands_of);
  };
  if (whole > 0) {
    if (!usual) configure(upper, lower, tile_depth);
    run(whole, 0, accumulate);
  }
  if (rest > 0) {
    configure(upper, lower, rest);
    run(1, whole * tile_depth, accumulate || whole > 0);
  }
  if (!usual || rest > 0) begin();
}

void multiply_turned(const MatmulShape& shape, const TurnedTerm* terms, std::size_t count, float* sums,
                     bool accumulate) {
  const auto operands_of = [&](std::size_t t) {
    return Operands{reinterpret_cast<const char*>(terms[t].left),
                    reinterpret_cast<const char*>(terms[t].panel)};
  };
  const Steps at{count, shape.depth / tile_depth, row_bytes, shape.rows * row_bytes, 0, 0};
  all_panels(shape, at, 0, sums, accumulate, operands_of);
}

void turn(std::size_t depth, std::size_t padded, std::size_t rows, const BFloat16* from, std::size_t stride,
          std::uint32_t* turned) {
  alignas(64) std::uint32_t words[tile_depth / 2 * 32];
  for (std::size_t k = 0; k < padded; k += tile_depth, turned += rows * tile_depth / 2) {
    const std::size_t left = depth > k ? depth - k : 0;
    panel_of_rows(left < tile_depth ? left : tile_depth, tile_depth, rows, from + k * stride, stride, words);
    for (std::size_t i = 0; i < rows; i += 4)
      for (std::size_t w = 0; w < 16; w += 4)
        transpose_4x4(reinterpret_cast<const float*>(words) + w * rows + i, rows,
                      reinterpret_cast<float*>(turned) + i * 16 + w, 16);
  }
}

}  // namespace

extern const MatmulKernels<BFloat16> matmul_bfloat16;
const MatmulKernels<BFloat16> matmul_bfloat16{InstructionSet::amx,
                                              values_per_word,
                                              tile_depth,
                                              288,
                                              128,
                                              std::size_t{1} << 40,
                                              begin,
                                              end,
                                              multiply,
                                              multiply_turned,
                                              panel_of_rows,
                                              panel_of_columns,
                                              turn,
                                              round_pairs,
                                              narrow<BFloat16>};

}  // namespace wd::algo::amx
