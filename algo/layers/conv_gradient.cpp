// SPDX-License-Identifier: Apache-2.0
#include "algo/layers/conv_gradient.hpp"

#include <type_traits>

namespace wd::algo {

/// The terms of all taps for the output positions [first, last), by taps.
template <typename T>
void ConvGradient<T>::find_terms(const TurnedOperand& left, const TurnedOperand& right, Range positions,
                                 Range taps, std::vector<std::vector<TurnedTerm>>& terms) const {
  const std::size_t kernel = static_cast<std::size_t>(shape.kernel);
  for (auto& of_tap : terms) of_tap.clear();
  for (std::size_t p = positions.first; p < positions.last; ++p)
    for (const auto& row : rows.of_output[p / out_width])
      for (const auto& column : columns.of_output[p % out_width]) {
        const std::size_t tap = row.tap * kernel + column.tap;
        if (tap < taps.first || tap >= taps.last) continue;
        terms[tap - taps.first].push_back(
            {left.at(0, (row.other * in_width + column.other) % left.slots), right.at(0, p % right.slots)});
      }
}

/// The taps of a kernel row and all panels take turns on the positions of one call, so that few of them stay in L1.
template <typename T>
void ConvGradient<T>::accumulate(const TurnedOperand& left, const TurnedOperand& right,
                                 const GradientBlock& block, const GradientAhead& ahead, float* sums) const {
  const std::size_t depth = round_up(block.images, k.depth_step);
  const std::size_t most = std::clamp<std::size_t>(block.call_depth / depth, 1, most_turned_terms);
  const std::size_t kernel = static_cast<std::size_t>(shape.kernel);
  const Range positions{block.out_rows.first * out_width, block.out_rows.last * out_width};
  const std::size_t segments = (positions.size() + most - 1) / most;
  std::vector<std::vector<TurnedTerm>> terms(block.taps.size());
  for (std::size_t segment = 0; segment < segments; ++segment) {
    const Range now = piece(positions.size(), segment, segments);
    find_terms(left, right, {positions.first + now.first, positions.first + now.last}, block.taps, terms);
    read_ahead(ahead, segment, segments);
    for (std::size_t tap = block.taps.first, next = tap; tap < block.taps.last; tap = next) {
      next = std::min(block.taps.last, (tap / kernel + 1) * kernel);
      for (std::size_t i = block.in_panels.first; i < block.in_panels.last; ++i)
        for (std::size_t o = block.out_panels.first; o < block.out_panels.last; ++o)
          for (std::size_t t = tap; t < next; ++t)
            add_products(left, right, terms[t - block.taps.first], {i, o, t}, depth, sums);
    }
  }
}

template <typename T>
void ConvGradient<T>::add_products(const TurnedOperand& left, const TurnedOperand& right,
                                   const std::vector<TurnedTerm>& terms, const GradientPanel& at,
                                   std::size_t depth, float* sums) const {
  if (terms.empty()) return;
  TurnedTerm moved[most_turned_terms];
  for (std::size_t i = 0; i < terms.size(); ++i)
    moved[i] = {terms[i].left + at.in * left.panel_words, terms[i].panel + at.out * right.panel_words};
  const std::size_t row = at.in * panel_width, column = at.out * panel_width;
  const MatmulShape shape_of_sums{std::min(panel_width, inputs - row),
                                  std::min(panel_width, outputs - column),
                                  depth,
                                  right.panel_words,
                                  outputs,
                                  left.step,
                                  right.step};
  k.multiply_turned(shape_of_sums, moved, terms.size(), sums + (at.tap * inputs + row) * outputs + column,
                    true);
}

template <typename T>
void ConvGradient<T>::unit(Range images, Range out_rows, float* sums) const {
  constexpr std::size_t enough_depth = 1024;
  const auto stride = static_cast<std::size_t>(shape.stride), kernel = static_cast<std::size_t>(shape.kernel);
  const auto pad = static_cast<std::size_t>(shape.pad);
  const std::size_t step =
      std::clamp<std::size_t>(enough_depth / (images.size() * out_width), 1, out_rows.size());
  const std::size_t ring = std::min(in_height, (step - 1) * stride + kernel);
  TurnedOperand left{nullptr, ring * in_width, slot_words(images.size())};
  TurnedOperand right{nullptr, step * out_width, slot_words(images.size())};
  left.words = thread_scratch<std::uint32_t, ScratchUse::left>(panels_of(inputs) * left.panel_words);
  right.words = thread_scratch<std::uint32_t, ScratchUse::panel>(panels_of(outputs) * right.panel_words);
  const auto rows_below = [&](std::size_t y) { return Range{y, std::min(out_rows.last, y + step)}; };
  // The input rows that output rows read, from `from` on.
  const auto needed = [&](Range out, std::size_t from) {
    if (out.size() == 0) return Range{from, from};
    const std::size_t top = out.first * stride > pad ? out.first * stride - pad : 0;
    const std::size_t end = (out.last - 1) * stride + kernel,
                      bottom = end > pad ? std::min(in_height, end - pad) : 0;
    return Range{std::max(from, top), std::max({from, top, bottom})};
  };
  Range in_rows{0, 0};
  for (Range now = rows_below(out_rows.first); now.size() > 0; now = rows_below(now.last)) {
    in_rows = needed(now, in_rows.last);
    for (std::size_t p = now.first * out_width; p < now.last * out_width; ++p) turn_right(images, p, right);
    for (std::size_t p = in_rows.first * in_width; p < in_rows.last * in_width; ++p)
      turn_left(images, p, left);
    const Range next = rows_below(now.last), next_in = needed(next, in_rows.last);
    accumulate(left, right,
               {images.size(),
                k.ring_depth,
                now,
                {0, shape.taps()},
                {0, panels_of(inputs)},
                {0, panels_of(outputs)}},
               {images,
                {next_in.first * in_width, next_in.last * in_width},
                {next.first * out_width, next.last * out_width}},
               sums);
  }
}

template <typename T>
void ConvGradient<T>::by_parts(ThreadPool& pool, std::size_t parts, float* sums) const {
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

namespace {

/// Ranges of input channels, output channels and kernel rows that tasks take.
struct Groups {
  std::size_t in, out, taps = 1;

  Groups(std::size_t in_panels, std::size_t out_panels, std::size_t kernel) {
    constexpr std::size_t least_tasks = 8, most_panels = 8, sum_bytes = 640 << 10;
    in = (in_panels + most_panels - 1) / most_panels;
    out = (out_panels + most_panels - 1) / most_panels;
    const auto task_bytes = [&] {  // of the sums, which should stay in L2
      return (in_panels / in) * (out_panels / out) * panel_width * panel_width * kernel * kernel *
             sizeof(float);
    };
    while ((in * out < least_tasks || task_bytes() > sum_bytes) && (in < in_panels || out < out_panels))
      if (out < out_panels && (in == in_panels || out_panels * in >= in_panels * out))
        out = std::min(out_panels, 2 * out);
      else
        in = std::min(in_panels, 2 * in);
    if (in * out < least_tasks) taps = in * out * kernel < least_tasks ? kernel * kernel : kernel;
  }
};

}  // namespace

/// Everything turned, by all threads.
template <typename T>
void ConvGradient<T>::turn_all(ThreadPool& pool, Range images, TurnedOperand& left,
                               TurnedOperand& right) const {
  const std::size_t in_positions = shape.in_positions(), out_positions = shape.out_positions();
  left = {nullptr, in_positions, slot_words(images.size())};
  right = {nullptr, out_positions, slot_words(images.size())};
  left.words = thread_scratch<std::uint32_t, ScratchUse::left>(panels_of(inputs) * left.panel_words);
  right.words = thread_scratch<std::uint32_t, ScratchUse::panel>(panels_of(outputs) * right.panel_words);
  pool.run(in_positions + out_positions, [&](std::size_t index) {
    if (index < in_positions)
      turn_left(images, index, left);
    else
      turn_right(images, index - in_positions, right);
  });
}

template <typename T>
void ConvGradient<T>::by_channels(ThreadPool& pool, float* sums) const {
  constexpr std::size_t shared_words = std::size_t{8} << 20, small_words = std::size_t{1} << 19,
                        block_bytes = std::size_t{3} << 18;
  const std::size_t in_panels = panels_of(inputs), out_panels = panels_of(outputs);
  const Groups groups(in_panels, out_panels, static_cast<std::size_t>(shape.kernel));
  const std::size_t image_words = (in_panels * shape.in_positions() + out_panels * shape.out_positions()) *
                                  panel_width / k.values_per_word;
  // Images at a time, such that the turned operands take bounded memory.
  const std::size_t images = std::max<std::size_t>(shared_words / image_words / 32, 1) * 32;
  // Small FP32 tensors are read where they are: copies would not pay, unless the rows are so long that they
  // fall into the same few sets of the cache.
  const bool as_they_are =
      std::is_same_v<T, float> && image_words * batch <= small_words && std::max(inputs, outputs) <= 128;
  for (std::size_t first = 0; first < batch; first += images) {
    const Range now{first, std::min(batch, first + images)};
    TurnedOperand left = tensor(input, inputs), right = tensor(doutput, outputs);
    if (!as_they_are)
      turn_all(pool, now, left, right);
    else if (prologue)
      pool.run(shape.out_positions(), [&](std::size_t p) { prologue({0, p, now.first, now.size()}); });
    pool.run(groups.in * groups.out * groups.taps, [&](std::size_t task) {
      GradientBlock block{now.size(),
                          k.turned_depth,
                          {},
                          piece(shape.taps(), task % groups.taps, groups.taps),
                          piece(in_panels, task / groups.taps / groups.out, groups.in),
                          piece(out_panels, task / groups.taps % groups.out, groups.out)};
      const std::size_t row_bytes = (block.in_panels.size() + block.out_panels.size()) * out_width *
                                    slot_words(now.size()) * sizeof(std::uint32_t);
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

template <typename T>
void Conv<T>::backward_weights(ThreadPool& pool, const T* input, const T* doutput, float* dweight,
                               const ChunkWork& prologue) const {
  const ConvGradient<T> gradient{*kernels_, shape_, rows_, columns_, batch_, input, doutput, prologue};
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

template void Conv<float>::backward_weights(ThreadPool&, const float*, const float*, float*,
                                            const ChunkWork&) const;
template void Conv<BFloat16>::backward_weights(ThreadPool&, const BFloat16*, const BFloat16*, float*,
                                               const ChunkWork&) const;

}  // namespace wd::algo
