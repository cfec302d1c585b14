// SPDX-License-Identifier: Apache-2.0
// The weight gradient of a convolution: dweight[tap][i][o] = sum over positions and images of x[i] * dy[o].
//
// The depth of these products is images x positions, so both operands are first turned into the layout that
// the kernels read; all taps then use the same copy. Large maps of few weights: the depth is cut into parts,
// each with its own sums, turned row by row into the thread's own memory. Otherwise everything is turned once
// into shared memory, then tasks take ranges of input and output channels.
//
// Numerics  the cuts depend on the shape only and are joined in order: the same bits at any thread count.
// Test      conv_test.cpp
#pragma once

#include <algorithm>
#include <vector>

#include "algo/layers/conv.hpp"
#include "algo/layers/matmul_blocks.hpp"

namespace wd::algo {

/// Operands of the weight gradient, turned: [panel of channels][slot of a position][words of depth][32], or
/// an FP32 tensor as it is.
struct TurnedOperand {
  std::uint32_t* words;
  std::size_t slots, slot_words;
  std::size_t panel_words = slots * slot_words;
  std::size_t step = 0;  // of depth, where it is a tensor

  std::uint32_t* at(std::size_t panel, std::size_t slot) const {
    return words + panel * panel_words + slot * slot_words;
  }
};

/// What one call of accumulate() takes.
struct GradientBlock {
  std::size_t images, call_depth;
  Range out_rows, taps, in_panels, out_panels;
};

/// 32 x 32 sums of a tap.
struct GradientPanel {
  std::size_t in, out, tap;
};

/// Images and positions that will be turned next.
struct GradientAhead {
  Range images, left, right;
};

template <typename T>
struct ConvGradient {
  const MatmulKernels<T>& k;
  const ConvShape& shape;
  const ConvAxis &rows, &columns;
  std::size_t batch;
  const T *input, *doutput;
  const ChunkWork& prologue;

  std::size_t inputs = stored_channels(shape.in_channels), outputs = stored_channels(shape.out_channels);
  std::size_t in_width = static_cast<std::size_t>(shape.in_width);
  std::size_t out_width = static_cast<std::size_t>(shape.out_width());
  std::size_t in_height = static_cast<std::size_t>(shape.in_height);
  std::size_t out_height = static_cast<std::size_t>(shape.out_height());

  std::size_t slot_words(std::size_t images) const {
    return round_up(images, k.depth_step) / k.values_per_word * panel_width;
  }
  /// An FP32 tensor in place of a turned operand; never written.
  TurnedOperand tensor(const T* values, std::size_t channels) const {
    auto* words = reinterpret_cast<std::uint32_t*>(const_cast<T*>(values));
    return {words, ~std::size_t{0}, batch * channels, panel_width, channels};
  }
  /// The images' values at a position, into its slot.
  void turn_left(Range images, std::size_t position, const TurnedOperand& to) const {
    // 1x1 kernels with a stride leave most positions out.
    if (rows.of_input[position / in_width].empty() || columns.of_input[position % in_width].empty()) return;
    const T* from = input + (position * batch + images.first) * inputs;
    for (std::size_t channel = 0; channel < inputs; channel += panel_width)
      k.turn(images.size(), round_up(images.size(), k.depth_step), std::min(panel_width, inputs - channel),
             from + channel, inputs, to.at(channel / panel_width, position % to.slots));
  }
  void turn_right(Range images, std::size_t position, const TurnedOperand& to) const {
    const T* from = doutput + (position * batch + images.first) * outputs;
    if (prologue) prologue({0, position, images.first, images.size()});
    for (std::size_t channel = 0; channel < outputs; channel += panel_width)
      k.panel_of_rows(images.size(), round_up(images.size(), k.depth_step),
                      std::min(panel_width, outputs - channel), from + channel, outputs,
                      to.at(channel / panel_width, position % to.slots));
  }

  /// Reads ahead the part-th of `parts` pieces of what the turned rows after these will need.
  void read_ahead(const GradientAhead& ahead, std::size_t part, std::size_t parts) const {
    const Range left = piece(ahead.left.size(), part, parts), right = piece(ahead.right.size(), part, parts);
    for (std::size_t p = ahead.left.first + left.first; p < ahead.left.first + left.last; ++p)
      prefetch(input + (p * batch + ahead.images.first) * inputs, ahead.images.size() * inputs);
    for (std::size_t p = ahead.right.first + right.first; p < ahead.right.first + right.last; ++p)
      prefetch(doutput + (p * batch + ahead.images.first) * outputs, ahead.images.size() * outputs);
  }

  void find_terms(const TurnedOperand& left, const TurnedOperand& right, Range positions, Range taps,
                  std::vector<std::vector<TurnedTerm>>& terms) const;
  void add_products(const TurnedOperand& left, const TurnedOperand& right,
                    const std::vector<TurnedTerm>& terms, const GradientPanel& at, std::size_t depth,
                    float* sums) const;
  /// Adds a block's products to sums[tap][I][O].
  void accumulate(const TurnedOperand& left, const TurnedOperand& right, const GradientBlock& block,
                  const GradientAhead& ahead, float* sums) const;
  /// Images x output rows, turned step by step into this thread's memory: a ring of input rows.
  void unit(Range images, Range out_rows, float* sums) const;
  /// sums[part][tap][I][O].
  void by_parts(ThreadPool& pool, std::size_t parts, float* sums) const;
  void turn_all(ThreadPool& pool, Range images, TurnedOperand& left, TurnedOperand& right) const;
  /// Adds to sums[tap][I][O].
  void by_channels(ThreadPool& pool, float* sums) const;
};

}  // namespace wd::algo
