// SPDX-License-Identifier: Apache-2.0
// Maximum and average over windows of positions.
//
// Shape     positions x B x S, S stored channels.
// Numerics  sums of a window in FP32, in scan order, rounded once. An average divides by the whole window,
//           also where it reaches into the padding (PyTorch's default). Of equal maxima the first in scan
//           order gets the gradient; a NaN is a maximum.
// Errors    a kernel larger than the padded image, padding above half the kernel, a maximum over more than
//           256 positions: wd::Error.
// Test      pool_test.cpp (plain loops, finite differences)
#pragma once

#include <cstdint>
#include <vector>

#include "algo/graph/graph.hpp"
#include "algo/kernels/buffer.hpp"
#include "base/parallel.hpp"

namespace wd::algo {

struct PoolShape {
  int height = 0, width = 0, channels = 0;
  int kernel = 1, stride = 0, pad = 0;  // stride 0: one window over the whole image, whatever the kernel

  bool global() const { return stride == 0; }
  int out_height() const { return global() ? 1 : (height + 2 * pad - kernel) / stride + 1; }
  int out_width() const { return global() ? 1 : (width + 2 * pad - kernel) / stride + 1; }
  std::size_t window() const;
  std::size_t in_positions() const {
    return static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
  }
  std::size_t out_positions() const {
    return static_cast<std::size_t>(out_height()) * static_cast<std::size_t>(out_width());
  }
};

/// Which positions meet in which window, in both directions.
class PoolWindows {
 public:
  struct Term {
    std::size_t position;  // on the other side
    std::size_t tap;       // its place in the window
  };
  explicit PoolWindows(const PoolShape& shape);
  const std::vector<Term>& of_output(std::size_t position) const { return of_output_[position]; }
  const std::vector<Term>& of_input(std::size_t position) const { return of_input_[position]; }

 private:
  std::vector<std::vector<Term>> of_output_, of_input_;
};

template <typename T>
class MaxPool {
 public:
  MaxPool(const PoolShape& shape, std::size_t batch);
  /// Keeps each maximum's place for backward().
  void forward(ThreadPool& pool, const T* input, T* output);
  void backward(ThreadPool& pool, const T* doutput, T* dinput, bool accumulate) const;

 private:
  PoolShape shape_;
  std::size_t plane_;  // B x S
  PoolWindows windows_;
  Array<std::uint8_t> winner_;  // out positions x B x S
};

template <typename T>
class AveragePool {
 public:
  AveragePool(const PoolShape& shape, std::size_t batch);
  void forward(ThreadPool& pool, const T* input, T* output) const;
  void backward(ThreadPool& pool, const T* doutput, T* dinput, bool accumulate) const;

 private:
  PoolShape shape_;
  std::size_t plane_;  // B x S
  PoolWindows windows_;
};

extern template class MaxPool<float>;
extern template class MaxPool<BFloat16>;
extern template class AveragePool<float>;
extern template class AveragePool<BFloat16>;

}  // namespace wd::algo
