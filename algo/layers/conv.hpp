// SPDX-License-Identifier: Apache-2.0
// Convolution over position-major activations: each output position is a sum of matrix products.
//
// Shape     activations are (H * W) x B x C, so the batch's values at a position are one B x C matrix;
//           weights are taps x I x O, packed into panels of output (forward) or input channels.
//           Zero padding costs nothing: taps outside of the image are left out of a position's list.
// Numerics  FP32, fixed order per output (taps, then input channels); chunks own their outputs, so
//           results are the same at any thread count.
// Test      layers_test.cpp (plain loops, finite differences)
#pragma once

#include <functional>
#include <vector>

#include "algo/kernels/kernels.hpp"
#include "base/parallel.hpp"

namespace wd::algo {

struct ConvShape {
  int in_height = 0, in_width = 0, in_channels = 0, out_channels = 0;
  int kernel = 1, stride = 1, pad = 0;

  int out_height() const { return (in_height + 2 * pad - kernel) / stride + 1; }
  int out_width() const { return (in_width + 2 * pad - kernel) / stride + 1; }
  std::size_t taps() const { return static_cast<std::size_t>(kernel) * static_cast<std::size_t>(kernel); }
  std::size_t inputs() const { return static_cast<std::size_t>(in_channels); }
  std::size_t outputs() const { return static_cast<std::size_t>(out_channels); }
  std::size_t in_positions() const {
    return static_cast<std::size_t>(in_height) * static_cast<std::size_t>(in_width);
  }
  std::size_t out_positions() const {
    return static_cast<std::size_t>(out_height()) * static_cast<std::size_t>(out_width());
  }
};

/// Weights in the two orders that the products read.
struct PackedWeights {
  const float* forward;   // [panel of O][tap][I][panel columns]
  const float* backward;  // [panel of I][tap][O][panel columns]
};

/// A block of images at one position: chunk `index` of a pass.
struct ConvChunk {
  std::size_t index, position, first_row, rows;
};

class Conv {
 public:
  Conv(const ConvShape& shape, std::size_t batch);

  using Epilogue = std::function<void(const ConvChunk&)>;
  /// `epilogue` runs on each finished chunk of the output while it is in cache.
  void forward(ThreadPool& pool, const float* input, PackedWeights weights, float* output,
               const Epilogue& epilogue) const;
  void backward_input(ThreadPool& pool, const float* doutput, PackedWeights weights, float* dinput,
                      bool accumulate) const;
  /// dweight, taps x I x O, receives the sum (accumulating).
  void backward_weights(ThreadPool& pool, const float* input, const float* doutput, float* dweight) const;

  const ConvShape& shape() const { return shape_; }
  std::size_t batch() const { return batch_; }
  /// How many chunks forward() makes, and each one.
  std::size_t chunks() const { return shape_.out_positions() * blocks_; }
  ConvChunk chunk(std::size_t index) const;

 private:
  struct Term {
    std::size_t tap, other;  // the position on the other side
  };
  ConvShape shape_;
  std::size_t batch_, blocks_;
  std::vector<std::vector<Term>> of_output_, of_input_;
};

/// Packs weights[taps][I][O] both ways. O must be a multiple of 16, I too unless backward is null.
void pack_weights(const ConvShape& shape, const float* weights, float* forward, float* backward);

}  // namespace wd::algo
