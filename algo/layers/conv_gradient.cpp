// SPDX-License-Identifier: Apache-2.0
// The weight gradient of a convolution: dweight[tap][i][o] = sum over positions and images of x[i] * dy[o].
//
// The depth of these products is images x positions, so both operands are first turned into the layout that the
// kernels read; all taps then use the same copy. Large maps of few weights: the depth is cut into parts, each with
// its own sums, turned row by row into the thread's own memory. Small maps of many weights: everything is turned
// once into shared memory, then tasks take ranges of input and output channels.
#include <algorithm>
#include <type_traits>

#include "algo/layers/conv.hpp"
#include "algo/layers/matmul_blocks.hpp"

namespace wd::algo {
namespace {

/// Turned operands: [panel of channels][slot of a position][words of depth][32], or an FP32 tensor as it is.
struct Turned {
  std::uint32_t* words;
  std::size_t slots, slot_words;
  std::size_t panel_words = slots * slot_words;
  std::size_t step = 0;  // of depth, where it is a tensor

  std::uint32_t* at(std::size_t panel, std::size_t slot) const {
    return words + panel * panel_words + slot * slot_words;
  }
};

/// What one call of accumulate() takes.
struct Block {
  std::size_t images;
  Range out_rows, taps, in_panels, out_panels;
};

/// Images and positions that will be turned next.
struct Ahead {
  Range images, left, right;
};

template <typename T>
struct Gradient {
  const MatmulKernels<T>& k;
  const ConvShape& shape;
  const ConvAxis &rows, &columns;
  std::size_t batch;
  const T *input, *doutput;

  std::size_t inputs = stored_channels(shape.in_channels), outputs = stored_channels(shape.out_channels);
  std::size_t in_width = static_cast<std::size_t>(shape.in_width);
  std::size_t out_width = static_cast<std::size_t>(shape.out_width());
  std::size_t in_height = static_cast<std::size_t>(shape.in_height);
  std::size_t out_height = static_cast<std::size_t>(shape.out_height());

  std::size_t slot_words(std::size_t images) const {
    return round_up(images, k.depth_step) / k.values_per_word * panel_width;
  }
  Turned tensor(const T* values, std::size_t channels, std::size_t positions) const {
    // Never written: as_they_are.
    auto* words = reinterpret_cast<std::uint32_t*>(const_cast<T*>(values));
    return {words, positions, batch * channels, panel_width, channels};
  }
  /// The images' values at a position, into its slot.
  void turn_left(Range images, std::size_t position, const Turned& to) const {
    // 1x1 kernels with a stride leave most positions out.
    if (rows.of_input[position / in_width].empty() || columns.of_input[position % in_width].empty()) return;
    const T* from = input + (position * batch + images.first) * inputs;
    for (std::size_t channel = 0; channel < inputs; channel += panel_width)
      k.turn(images.size(), round_up(images.size(), k.depth_step), std::min(panel_width, inputs - channel),
             from + channel, inputs, to.at(channel / panel_width, position % to.slots));
  }
  void turn_right(Range images, std::size_t position, const Turned& to) const {
    const T* from = doutput + (position * batch + images.first) * outputs;
    for (std::size_t channel = 0; channel < outputs; channel += panel_width)
      k.panel_of_rows(images.size(), round_up(images.size(), k.depth_step),
                      std::min(panel_width, outputs - channel), from + channel, outputs,
                      to.at(channel / panel_width, position % to.slots));
  }

  /// Reads ahead the part-th of `parts` pieces of what the turned rows after these will need.
  void read_ahead(const Ahead& ahead, std::size_t part, std::size_t parts) const {
    const Range left = piece(ahead.left.size(), part, parts), right = piece(ahead.right.size(), part, parts);
    for (std::size_t p = ahead.left.first + left.first; p < ahead.left.first + left.last; ++p)
      prefetch(input + (p * batch + ahead.images.first) * inputs, ahead.images.size() * inputs);
    for (std::size_t p = ahead.right.first + right.first; p < ahead.right.first + right.last; ++p)
      prefetch(doutput + (p * batch + ahead.images.first) * outputs, ahead.images.size() * outputs);
  }

  void find_terms(const Turned& left, const Turned& right, Range out_rows, std::size_t tap,
                  std::vector<TurnedTerm>& terms) const;
  void accumulate(const Turned& left, const Turned& right, const Block& block, const Ahead& ahead,
                  float* sums) const;
  void unit(Range images, Range out_rows, float* sums) const;
  void by_parts(ThreadPool& pool, std::size_t parts, float* sums) const;
  void by_channels(ThreadPool& pool, float* sums) const;
};

template <typename T>
void Gradient<T>::find_terms(const Turned& left, const Turned& right, Range out_rows, std::size_t tap,
                             std::vector<TurnedTerm>& terms) const {
  const std::size_t kernel = static_cast<std::size_t>(shape.kernel);
  terms.clear();
  for (std::size_t y = out_rows.first; y < out_rows.last; ++y)
    for (const auto& row : rows.of_output[y]) {
      if (row.tap != tap / kernel) continue;
      for (std::size_t x = 0; x < out_width; ++x)
        for (const auto& column : columns.of_output[x])
          if (column.tap == tap % kernel)
            terms.push_back({left.at(0, (row.other * in_width + column.other) % left.slots),
                             right.at(0, (y * out_width + x) % right.slots)});
    }
}

/// Adds a block's products to sums[tap][I][O].
template <typename T>
void Gradient<T>::accumulate(const Turned& left, const Turned& right, const Block& block, const Ahead& ahead,
                             float* sums) const {
  const std::size_t depth = round_up(block.images, k.depth_step);
  const std::size_t most = std::clamp<std::size_t>(k.turned_depth / depth, 1, most_turned_terms);
  const std::size_t column = block.out_panels.first * panel_width;
  const std::size_t wide = std::min(block.out_panels.last * panel_width, outputs) - column;
  std::vector<TurnedTerm> terms;
  for (std::size_t tap = block.taps.first; tap < block.taps.last; ++tap) {
    find_terms(left, right, block.out_rows, tap, terms);
    for (TurnedTerm& term : terms) {
      term.left += block.in_panels.first * left.panel_words;
      term.panel += block.out_panels.first * right.panel_words;
    }
    for (std::size_t i = block.in_panels.first; i < block.in_panels.last; ++i) {
      const std::size_t row = i * panel_width, part = (tap - block.taps.first) * block.in_panels.size();
      const MatmulShape shape_of_sums{std::min(panel_width, inputs - row), wide, depth, right.panel_words,
                                      outputs, left.step, right.step};
      read_ahead(ahead, part + i - block.in_panels.first, block.taps.size() * block.in_panels.size());
      for (std::size_t first = 0; first < terms.size(); first += most)
        k.multiply_turned(shape_of_sums, terms.data() + first, std::min(most, terms.size() - first),
                          sums + (tap * inputs + row) * outputs + column, true);
      for (TurnedTerm& term : terms) term.left += left.panel_words;
    }
  }
}

/// Images x output rows, turned step by step into this thread's memory: a ring of input rows.
template <typename T>
void Gradient<T>::unit(Range images, Range out_rows, float* sums) const {
  constexpr std::size_t enough_depth = 1024;
  const auto stride = static_cast<std::size_t>(shape.stride), kernel = static_cast<std::size_t>(shape.kernel);
  const auto pad = static_cast<std::size_t>(shape.pad);
  const std::size_t step =
      std::clamp<std::size_t>(enough_depth / (images.size() * out_width), 1, out_rows.size());
  const std::size_t ring = std::min(in_height, (step - 1) * stride + kernel);
  Turned left{nullptr, ring * in_width, slot_words(images.size())};
  Turned right{nullptr, step * out_width, slot_words(images.size())};
  left.words = thread_scratch<std::uint32_t, ScratchUse::left>(panels_of(inputs) * left.panel_words);
  right.words = thread_scratch<std::uint32_t, ScratchUse::panel>(panels_of(outputs) * right.panel_words);
  const auto rows_below = [&](std::size_t y) { return Range{y, std::min(out_rows.last, y + step)}; };
  // The input rows that output rows read, from `from` on.
  const auto needed = [&](Range out, std::size_t from) {
    if (out.size() == 0) return Range{from, from};
    const std::size_t top = out.first * stride > pad ? out.first * stride - pad : 0;
    const std::size_t end = (out.last - 1) * stride + kernel, bottom = end > pad ? std::min(in_height, end - pad) : 0;
    return Range{std::max(from, top), std::max({from, top, bottom})};
  };
  Range in_rows{0, 0};
  for (Range now = rows_below(out_rows.first); now.size() > 0; now = rows_below(now.last)) {
    in_rows = needed(now, in_rows.last);
    for (std::size_t p = now.first * out_width; p < now.last * out_width; ++p) turn_right(images, p, right);
    for (std::size_t p = in_rows.first * in_width; p < in_rows.last * in_width; ++p) turn_left(images, p, left);
    const Range next = rows_below(now.last), next_in = needed(next, in_rows.last);
    accumulate(left, right,
               {images.size(), now, {0, shape.taps()}, {0, panels_of(inputs)}, {0, panels_of(outputs)}},
               {images,
                {next_in.first * in_width, next_in.last * in_width},
                {next.first * out_width, next.last * out_width}},
               sums);
  }
}

template <typename T>
void Gradient<T>::by_parts(ThreadPool& pool, std::size_t parts, float* sums) const {
  constexpr std::size_t part_images = 32;
  const std::size_t blocks = (batch + part_images - 1) / part_images;
  const std::size_t row_ranges = std::clamp<std::size_t>(parts / blocks, 1, out_height);
  const std::size_t units = blocks * row_ranges, weights = shape.taps() * inputs * outputs;
  pool.run(parts, [&](std::size_t part) {
    float* to = sums + part * weights;
    std::fill_n(to, weights, 0.0f);
    k.begin();
    const Range mine = piece(units, part, parts);
    for (std::size_t u = mine.first; u < mine.last; ++u) {
      const std::size_t first = u / row_ranges * part_images;
      unit({first, std::min(batch, first + part_images)}, piece(out_height, u % row_ranges, row_ranges), to);
    }
    k.end();
  });
}

/// Ranges of input channels, output channels and kernel rows that tasks take.
struct Groups {
  std::size_t in, out, taps = 1;

  Groups(std::size_t in_panels, std::size_t out_panels, std::size_t kernel) {
    constexpr std::size_t least_tasks = 8, most_panels = 8, sum_bytes = 640 << 10;
    in = (in_panels + most_panels - 1) / most_panels;
    out = (out_panels + most_panels - 1) / most_panels;
    const auto task_bytes = [&] {  // of the sums, which should stay in L2
      return (in_panels / in) * (out_panels / out) * panel_width * panel_width * kernel * kernel * sizeof(float);
    };
    while ((in * out < least_tasks || task_bytes() > sum_bytes) && (in < in_panels || out < out_panels))
      if (out < out_panels && (in == in_panels || out_panels * in >= in_panels * out))
        out = std::min(out_panels, 2 * out);
      else
        in = std::min(in_panels, 2 * in);
    if (in * out < least_tasks) taps = in * out * kernel < least_tasks ? kernel * kernel : kernel;
  }
};

template <typename T>
void Gradient<T>::by_channels(ThreadPool& pool, float* sums) const {
  constexpr std::size_t shared_words = std::size_t{8} << 20, small_words = std::size_t{1} << 19,
                        block_bytes = std::size_t{3} << 18;
  const std::size_t in_panels = panels_of(inputs), out_panels = panels_of(outputs);
  const std::size_t in_positions = shape.in_positions(), out_positions = shape.out_positions();
  const Groups groups(in_panels, out_panels, static_cast<std::size_t>(shape.kernel));
  // Images at a time, such that the turned operands take bounded memory.
  const std::size_t image_words =
      (in_panels * in_positions + out_panels * out_positions) * panel_width / k.values_per_word;
  const std::size_t images = std::max<std::size_t>(shared_words / image_words / 32, 1) * 32;
  // Small FP32 tensors are read where they are: copies would not pay, unless the rows are so long that they fall into
  // the same few sets of the cache.
  const bool as_they_are =
      std::is_same_v<T, float> && image_words * batch <= small_words && std::max(inputs, outputs) <= 128;
  for (std::size_t first = 0; first < batch; first += images) {
    const Range now{first, std::min(batch, first + images)};
    Turned left = tensor(input, inputs, in_positions), right = tensor(doutput, outputs, out_positions);
    if (!as_they_are) {
      left = {nullptr, in_positions, slot_words(now.size())};
      right = {nullptr, out_positions, slot_words(now.size())};
      left.words = thread_scratch<std::uint32_t, ScratchUse::left>(in_panels * left.panel_words);
      right.words = thread_scratch<std::uint32_t, ScratchUse::panel>(out_panels * right.panel_words);
      pool.run(in_positions + out_positions, [&](std::size_t index) {
        if (index < in_positions)
          turn_left(now, index, left);
        else
          turn_right(now, index - in_positions, right);
      });
    }
    pool.run(groups.in * groups.out * groups.taps, [&](std::size_t task) {
      Block block{now.size(), {}, piece(shape.taps(), task % groups.taps, groups.taps),
                  piece(in_panels, task / groups.taps / groups.out, groups.in),
                  piece(out_panels, task / groups.taps % groups.out, groups.out)};
      const std::size_t row_bytes = (block.in_panels.size() + block.out_panels.size()) * out_width *
                                    left.slot_words * sizeof(std::uint32_t);
      const std::size_t steps = std::clamp<std::size_t>(out_height * row_bytes / block_bytes, 1, out_height);
      k.begin();
      for (std::size_t step = 0; step < steps; ++step) {
        block.out_rows = piece(out_height, step, steps);
        accumulate(left, right, block, {}, sums);
      }
      k.end();
    });
  }
}

}  // namespace

template <typename T>
void Conv<T>::backward_weights(ThreadPool& pool, const T* input, const T* doutput, float* dweight) const {
  const Gradient<T> gradient{*kernels_, shape_, rows_, columns_, batch_, input, doutput};
  const std::size_t inputs = gradient.inputs, outputs = gradient.outputs, taps = shape_.taps();
  const std::size_t weights = taps * inputs * outputs, depth = shape_.out_positions() * batch_;
  const bool exact = inputs == shape_.inputs() && outputs == shape_.outputs();
  constexpr std::size_t many_weights = std::size_t{1} << 19, long_depth = 16384;
  const bool by_parts = weights <= many_weights && depth >= long_depth;
  const std::size_t parts = by_parts ? 8 : 1;
  if (!by_parts && exact) return gradient.by_channels(pool, dweight);
  float* sums = thread_scratch<float, ScratchUse::partial>(parts * weights);
  if (by_parts) {
    gradient.by_parts(pool, parts, sums);
  } else {
    std::fill_n(sums, weights, 0.0f);
    gradient.by_channels(pool, sums);
  }
  pool.run(taps * shape_.inputs(), [&](std::size_t index) {
    const std::size_t tap = index / shape_.inputs(), i = index % shape_.inputs();
    float* to = dweight + index * shape_.outputs();
    for (std::size_t part = 0; part < parts; ++part) {
      const float* from = sums + part * weights + (tap * inputs + i) * outputs;
      for (std::size_t o = 0; o < shape_.outputs(); ++o) to[o] += from[o];
    }
  });
}

template void Conv<float>::backward_weights(ThreadPool&, const float*, const float*, float*) const;
template void Conv<BFloat16>::backward_weights(ThreadPool&, const BFloat16*, const BFloat16*, float*) const;

}  // namespace wd::algo
