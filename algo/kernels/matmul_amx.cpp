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

/// How the operands of a sum of products lie, in bytes: between rows, between steps of depth, and from a term's
/// pointers to the first ones.
struct Layout {
  std::size_t depth_steps, left_row, left_step, left_offset, right_row, right_offset;
};

/// Asks for the next lines.
inline void read_ahead(ReadAhead& ahead) {
  if (ahead.ranges_left == 0) return;
  ReadAhead::Lines& range = ahead.ranges[ahead.ranges_left - 1];
  const std::size_t now = range.count < ahead.per_step ? range.count : ahead.per_step;
  for (std::size_t i = 0; i < now; ++i) __builtin_prefetch(range.at + i * 64, 0, 2);
  range.at += now * 64;
  range.count -= now;
  if (range.count == 0) --ahead.ranges_left;
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

/// Up to 32 rows x 32 columns: sums (+)= all products. Everything by value: copies through memory would wait for
/// the tiles that were stored before them.
template <bool Lower, bool Second, typename Term>
__attribute__((noinline)) void tile_products(const Layout& layout, const Term* terms, std::size_t count,
                                             float* sums, std::size_t stride, bool accumulate,
                                             ReadAhead* ahead) {
  const std::size_t left_row = layout.left_row, left_step = layout.left_step, right_row = layout.right_row;
  const std::size_t right_step = tile_depth / 2 * right_row, depth_steps = layout.depth_steps;
  const std::size_t left_offset = layout.left_offset, right_offset = layout.right_offset;
  if (accumulate) {
    load_sums<Lower, Second>(sums, stride);
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  for (std::size_t t = 0; t < count; ++t) {
    const char* left = reinterpret_cast<const char*>(terms[t].left) + left_offset;
    const char* right = reinterpret_cast<const char*>(terms[t].panel) + right_offset;
    for (std::size_t k = 0; k < depth_steps; ++k, left += left_step, right += right_step) {
      if (ahead) read_ahead(*ahead);
      _tile_loadd(6, right, right_row);
      _tile_loadd(4, left, left_row);
      _tile_dpbf16ps(0, 4, 6);
      if constexpr (Second) {
        _tile_loadd(7, right + row_bytes, right_row);
        _tile_dpbf16ps(1, 4, 7);
      }
      if constexpr (Lower) {
        _tile_loadd(5, left + tile_rows * left_row, left_row);
        _tile_dpbf16ps(2, 5, 6);
        if constexpr (Second) _tile_dpbf16ps(3, 5, 7);
      }
    }
  }
  store_sums<Lower, Second>(sums, stride);
}

/// The panel at `column` for up to 32 rows, for which the tiles must be configured. words_before: of depth.
template <typename Term>
void panel_products(const MatmulShape& shape, Layout layout, std::size_t words_before, std::size_t column,
                    const Term* terms, std::size_t count, float* sums, bool accumulate) {
  const bool second = shape.columns - column > 16, lower = shape.rows > tile_rows;
  layout.right_row = second ? 2 * row_bytes : row_bytes;
  layout.right_offset =
      column / panel_width * shape.panel_stride * sizeof(std::uint32_t) + words_before * layout.right_row;
  const auto products = lower
                            ? (second ? tile_products<true, true, Term> : tile_products<true, false, Term>)
                            : (second ? tile_products<false, true, Term> : tile_products<false, false, Term>);
  products(layout, terms, count, sums + column, shape.row_stride, accumulate, shape.ahead);
}

/// Rows [first, last) and the depth [skipped, skipped + 32 * steps). One strip of the rows after the other, so
/// that they share the panel while it is in L1.
void strip_products(const MatmulShape& shape, std::size_t first, std::size_t last, std::size_t skipped,
                    std::size_t steps, const MatmulTerm<BFloat16>* terms, std::size_t count,
                    std::size_t left_stride, float* sums, bool accumulate) {
  MatmulShape strip = shape;
  for (std::size_t column = 0; column < shape.columns; column += panel_width)
    for (std::size_t row = first; row < last; row += strip_rows) {
      strip.rows = last - row < strip_rows ? last - row : strip_rows;
      const Layout layout{steps, left_stride * 2, 2 * tile_depth, (row * left_stride + skipped) * 2, 0, 0};
      panel_products(strip, layout, skipped / 2, column, terms, count, sums + row * shape.row_stride,
                     accumulate);
    }
}

void multiply(const MatmulShape& shape, const MatmulTerm<BFloat16>* terms, std::size_t count,
              std::size_t left_stride, float* sums, bool accumulate) {
  const std::size_t whole = shape.depth / tile_depth, rest = shape.depth % tile_depth;
  const std::size_t even = shape.rows / strip_rows * strip_rows, odd = shape.rows - even;
  const std::size_t upper = odd < tile_rows ? odd : tile_rows, skipped = whole * tile_depth;
  const bool add = accumulate || whole > 0;
  if (whole > 0 && even > 0)
    strip_products(shape, 0, even, 0, whole, terms, count, left_stride, sums, accumulate);
  if (whole > 0 && odd > 0) {
    configure(upper, odd - upper, tile_depth);
    strip_products(shape, even, shape.rows, 0, whole, terms, count, left_stride, sums, accumulate);
  }
  if (rest > 0 && even > 0) {
    configure(tile_rows, tile_rows, rest);
    strip_products(shape, 0, even, skipped, 1, terms, count, left_stride, sums, add);
  }
  if (rest > 0 && odd > 0) {
    configure(upper, odd - upper, rest);
    strip_products(shape, even, shape.rows, skipped, 1, terms, count, left_stride, sums, add);
  }
  if (odd > 0 || rest > 0) begin();
}

void multiply_turned(const MatmulShape& shape, const TurnedTerm* terms, std::size_t count, float* sums,
                     bool accumulate) {
  const Layout layout{shape.depth / tile_depth, row_bytes, shape.rows * row_bytes, 0, 0, 0};
  for (std::size_t column = 0; column < shape.columns; column += panel_width)
    panel_products(shape, layout, 0, column, terms, count, sums, accumulate);
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
                                              320,
                                              64,
                                              32,
                                              std::size_t{1} << 40,
                                              256,
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
