// SPDX-License-Identifier: Apache-2.0
#include "algo/layers/conv.hpp"

#include <algorithm>
#include <atomic>
#include <type_traits>

#include "algo/layers/matmul_blocks.hpp"
#include "base/error.hpp"

namespace wd::algo {

namespace {

ConvChunk chunk_of(std::size_t index, std::size_t positions, std::size_t batch, std::size_t rows) {
  const std::size_t first = index / positions * rows;
  return {index, index % positions, first, std::min(rows, batch - first)};
}

/// A link of a position, in one depth block: its values and, in each panel, its first word of depth.
template <typename T>
struct Link {
  const T* left;
  std::size_t word;
};

/// The links of a chunk by depth blocks, of which the i-th ends at ends[i].
template <typename T>
struct Links {
  std::vector<Link<T>> all;
  std::vector<std::size_t> ends;
  std::vector<MatmulTerm<T>> terms;  // room for those of one call
};

}  // namespace

/// forward or backward_input: out[position] = sum over the position's links of left[other] * panels[tap].
template <typename T>
struct Conv<T>::Pass {
  const Conv& conv;
  const T* left;
  const std::uint32_t* panels;
  T* out;
  bool accumulate;
  std::size_t width, positions, left_width, left_channels, channels;
  const std::vector<std::vector<ConvAxis::Link>>&rows, &columns;
  const MatmulKernels<T>& k = *conv.kernels_;
  std::size_t taps = conv.shape_.taps(), words = left_channels / k.values_per_word;
  std::vector<DepthBlock> depth = depth_blocks(taps, left_channels, k.block_depth);

  std::size_t chunks() const { return positions * ((conv.batch_ + k.block_rows - 1) / k.block_rows); }
  ConvChunk chunk(std::size_t index) const { return chunk_of(index, positions, conv.batch_, k.block_rows); }
  std::size_t panel_bytes() const { return taps * words * panel_width * sizeof(std::uint32_t); }
  void find_links(const ConvChunk& at, Links<T>& links) const;
  ReadAhead read_ahead(const ConvChunk& at) const;
  void compute(const ConvChunk& at, std::size_t column, std::size_t wide, Links<T>& links,
               ReadAhead* ahead) const;
};

template <typename T>
Conv<T>::Conv(const ConvShape& shape, std::size_t batch, const MatmulKernels<T>& kernels)
    : shape_(shape),
      batch_(batch),
      rows_(shape.in_height, shape.out_height(), shape.kernel, shape.stride, shape.pad),
      columns_(shape.in_width, shape.out_width(), shape.kernel, shape.stride, shape.pad),
      kernels_(&kernels) {
  WD_ASSERT(batch > 0 && shape.in_channels > 0 && shape.out_channels > 0);
}

template <typename T>
std::size_t Conv<T>::chunks() const {
  return shape_.out_positions() * ((batch_ + kernels_->block_rows - 1) / kernels_->block_rows);
}

template <typename T>
ConvChunk Conv<T>::chunk(std::size_t index) const {
  return chunk_of(index, shape_.out_positions(), batch_, kernels_->block_rows);
}

namespace {

/// Panels of `width_of` columns for all taps: [panel][tap][depth words][columns].
template <typename T, typename Make>
void pack_panels(ThreadPool& pool, std::size_t taps, std::size_t words, std::size_t columns,
                 Array<std::uint32_t>& packed, Make make) {
  if (packed.size() != taps * words * columns) packed = Array<std::uint32_t>(taps * words * columns);
  const std::size_t panels = (columns + panel_width - 1) / panel_width;
  pool.run(panels * taps, [&](std::size_t index) {
    const std::size_t column = index / taps * panel_width, tap = index % taps;
    const std::size_t width = std::min(panel_width, columns - column);
    make(tap, column, width, packed.data() + taps * words * column + tap * words * width);
  });
}

}  // namespace

template <typename T>
void Conv<T>::pack(ThreadPool& pool, const float* weights, Packed& packed, bool need_backward) const {
  const std::size_t inputs = shape_.inputs(), outputs = shape_.outputs(), taps = shape_.taps();
  const std::size_t depth = stored_channels(shape_.in_channels), width = stored_channels(shape_.out_channels);
  T* narrow = thread_scratch<T, ScratchUse::weights>(taps * inputs * width);
  pool.run(taps, [&](std::size_t tap) {
    for (std::size_t i = tap * inputs; i < (tap + 1) * inputs; ++i) {
      kernels_->narrow(outputs, weights + i * outputs, narrow + i * width);
      std::fill_n(narrow + i * width + outputs, width - outputs, T{});
    }
  });
  pack_panels<T>(pool, taps, depth / kernels_->values_per_word, width, packed.forward,
                 [&](std::size_t tap, std::size_t column, std::size_t columns, std::uint32_t* panel) {
                   kernels_->panel_of_rows(inputs, depth, columns, narrow + tap * inputs * width + column,
                                           width, panel);
                 });
  if (!need_backward) return;
  pack_panels<T>(pool, taps, width / kernels_->values_per_word, depth, packed.backward,
                 [&](std::size_t tap, std::size_t row, std::size_t rows, std::uint32_t* panel) {
                   kernels_->panel_of_columns(width, std::min(rows, inputs - std::min(inputs, row)), rows,
                                              narrow + (tap * inputs + row) * width, width, panel);
                 });
}

namespace {

/// How a pass is cut into tasks: runs of chunks times ranges of columns.
struct Plan {
  std::size_t chunks, columns;  // of a task
  std::size_t block_columns;    // whose panels stay in L2 while the task's chunks go by
  std::size_t chunk_groups = 0, column_groups = 0;

  Plan(std::size_t all_chunks, std::size_t all_columns, std::size_t panel_bytes)
      : chunks(std::min<std::size_t>(all_chunks, 16)), columns(round_up(all_columns, panel_width)) {
    constexpr std::size_t least_tasks = 16, least_columns = 2 * panel_width,
                          block_bytes = std::size_t{1} << 20;
    const auto count = [&] {
      chunk_groups = (all_chunks + chunks - 1) / chunks;
      column_groups = (all_columns + columns - 1) / columns;
      return chunk_groups * column_groups;
    };
    // Many weights are better shared between more chunks, few between fewer.
    const bool many_weights = panel_bytes * panels_of(all_columns) > block_bytes / 2;
    while (count() < least_tasks && (chunks > 1 || columns > least_columns))
      if (columns > least_columns && (many_weights || chunks == 1))
        columns = round_up(columns / 2, panel_width);
      else
        chunks = (chunks + 1) / 2;
    block_columns = std::max<std::size_t>(block_bytes / panel_bytes, 2) * panel_width;
  }
};

}  // namespace

template <typename T>
void Conv<T>::Pass::find_links(const ConvChunk& at, Links<T>& links) const {
  links.all.clear();
  links.ends.clear();
  for (const DepthBlock& block : depth) {
    for (const auto& row : rows[at.position / width])
      for (const auto& col : columns[at.position % width]) {
        const std::size_t tap = row.tap * static_cast<std::size_t>(conv.shape_.kernel) + col.tap;
        if (tap < block.first_tap || tap >= block.last_tap) continue;
        const std::size_t other = row.other * left_width + col.other;
        links.all.push_back({left + (other * conv.batch_ + at.first_row) * left_channels + block.first,
                             tap * words + block.first / k.values_per_word});
      }
    links.ends.push_back(links.all.size());
  }
}

/// Chunks go by in rows of the image: only the last link's values were not read for an earlier position.
template <typename T>
ReadAhead Conv<T>::Pass::read_ahead(const ConvChunk& at) const {
  const std::size_t first = (at.position * conv.batch_ + at.first_row) * channels;
  std::size_t bytes = at.rows * channels * sizeof(T);
  ReadAhead ahead;
  ahead.add(out + first, bytes);
  const auto& row = rows[at.position / width];
  const auto& col = columns[at.position % width];
  if (!row.empty() && !col.empty()) {
    const std::size_t other = row.back().other * left_width + col.back().other;
    ahead.add(left + (other * conv.batch_ + at.first_row) * left_channels,
              at.rows * left_channels * sizeof(T));
    bytes += at.rows * left_channels * sizeof(T);
  }
  // All of it within the products of a chunk.
  const std::size_t steps = at.rows / strip_rows * panels_of(channels) * taps * left_channels / 32 + 1;
  ahead.per_step = bytes / 64 / steps + 1;
  return ahead;
}

/// The columns [column, column + wide) of a chunk.
template <typename T>
void Conv<T>::Pass::compute(const ConvChunk& at, std::size_t column, std::size_t wide, Links<T>& links,
                            ReadAhead* ahead) const {
  constexpr bool in_place = std::is_same_v<T, float>;
  T* to = out + (at.position * conv.batch_ + at.first_row) * channels + column;
  float* sums = nullptr;
  if constexpr (in_place)
    sums = to;
  else
    sums = thread_scratch<float, ScratchUse::sums>(k.block_rows * wide);
  const std::size_t stride = in_place ? channels : wide;
  const std::uint32_t* panel = panels + taps * words * column;
  const std::size_t panel_columns = std::min(panel_width, channels - column);
  bool started = in_place && accumulate;
  for (std::size_t b = 0, first = 0; b < depth.size(); first = links.ends[b++]) {
    if (links.ends[b] == first) continue;
    links.terms.clear();
    for (std::size_t i = first; i < links.ends[b]; ++i)
      links.terms.push_back({links.all[i].left, panel + links.all[i].word * panel_columns});
    const MatmulShape shape{
        at.rows, wide, depth[b].last - depth[b].first, taps * words * panel_width, stride, 0, 0, ahead};
    k.multiply(shape, links.terms.data(), links.terms.size(), left_channels, sums, started);
    started = true;
  }
  // A position that no output reads (1x1 with stride 2) has a gradient of zero.
  if (!started && stride == wide) std::fill_n(sums, at.rows * wide, 0.0f);
  for (std::size_t r = 0; !started && stride != wide && r < at.rows; ++r)
    std::fill_n(sums + r * stride, wide, 0.0f);
  if constexpr (!in_place) k.round(at.rows, wide, sums, stride, to, channels, accumulate);
}

template <typename T>
void Conv<T>::run(ThreadPool& pool, const Pass& pass, const ChunkWork& epilogue) const {
  const MatmulKernels<T>& k = *kernels_;
  const std::size_t all_chunks = pass.chunks();
  const Plan plan(all_chunks, pass.channels, pass.panel_bytes());
  // Beyond the L2 cache.
  const bool large =
      pass.positions * batch_ * (pass.left_channels + pass.channels) * sizeof(T) > std::size_t{1} << 21;
  std::vector<std::atomic<std::size_t>> finished(plan.column_groups > 1 ? all_chunks : 0);
  pool.run(plan.chunk_groups * plan.column_groups, [&](std::size_t task) {
    const std::size_t first = task / plan.column_groups * plan.chunks;
    const std::size_t last = std::min(all_chunks, first + plan.chunks);
    const std::size_t first_column = task % plan.column_groups * plan.columns;
    const std::size_t last_column = std::min(pass.channels, first_column + plan.columns);
    Links<T> links;
    const bool at_once = plan.column_groups == 1 && last_column - first_column <= plan.block_columns;
    k.begin();
    for (std::size_t from = first_column; from < last_column; from += plan.block_columns) {
      const std::size_t end = std::min(last_column, from + plan.block_columns);
      for (std::size_t index = first; index < last; ++index) {
        ReadAhead ahead;
        const bool reads_ahead = from == first_column && large && index + 1 < all_chunks;
        if (reads_ahead) ahead = pass.read_ahead(pass.chunk(index + 1));
        const ConvChunk at = pass.chunk(index);
        pass.find_links(at, links);
        for (std::size_t column = from, wide = 0; column < end; column += wide) {
          wide = std::min(k.block_columns, end - column);
          if (wide > panel_width) wide -= wide % panel_width;  // a narrow last panel has a stride of its own
          pass.compute(at, column, wide, links, reads_ahead ? &ahead : nullptr);
        }
        if (at_once && epilogue) epilogue(at);
      }
    }
    k.end();
    for (std::size_t index = first; !at_once && epilogue && index < last; ++index)
      if (plan.column_groups == 1 || finished[index].fetch_add(1) + 1 == plan.column_groups)
        epilogue(pass.chunk(index));
  });
}

template <typename T>
void Conv<T>::forward(ThreadPool& pool, const T* input, const Packed& packed, T* output,
                      const ChunkWork& epilogue) const {
  const Pass pass{*this,
                  input,
                  packed.forward.data(),
                  output,
                  false,
                  static_cast<std::size_t>(shape_.out_width()),
                  shape_.out_positions(),
                  static_cast<std::size_t>(shape_.in_width),
                  stored_channels(shape_.in_channels),
                  stored_channels(shape_.out_channels),
                  rows_.of_output,
                  columns_.of_output};
  run(pool, pass, epilogue);
}

template <typename T>
void Conv<T>::backward_input(ThreadPool& pool, const T* doutput, const Packed& packed, T* dinput,
                             bool accumulate) const {
  const Pass pass{*this,
                  doutput,
                  packed.backward.data(),
                  dinput,
                  accumulate,
                  static_cast<std::size_t>(shape_.in_width),
                  shape_.in_positions(),
                  static_cast<std::size_t>(shape_.out_width()),
                  stored_channels(shape_.out_channels),
                  stored_channels(shape_.in_channels),
                  rows_.of_input,
                  columns_.of_input};
  run(pool, pass, nullptr);
}

template class Conv<float>;
template class Conv<BFloat16>;

}  // namespace wd::algo
