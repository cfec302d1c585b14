// SPDX-License-Identifier: Apache-2.0
// Convolution over position-major activations: each output position is a sum of matrix products.
//
// Shape     activations are (H * W) x B x S, S = stored channels: the batch's values at a position are one
//           matrix B x S; weights are taps x I x O. Zero padding of the image costs nothing: taps outside of
//           it are left out of a position's sum. Padding channels must hold zeros, and receive zeros.
// Numerics  operands in T (float or bf16), products summed in FP32 in a fixed order, each output rounded to T
//           once. A chunk's values and the weight gradient are the same at any thread count.
// Test      conv_test.cpp (plain FP64 loops, each instruction set)
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "algo/graph/graph.hpp"
#include "algo/kernels/buffer.hpp"
#include "algo/kernels/matmul.hpp"
#include "algo/layers/conv_axis.hpp"
#include "base/parallel.hpp"

namespace wd::algo {

/// A block of images at one position: chunk `index` of a pass.
struct ConvChunk {
  std::size_t index, position, first_row, rows;
};
using ChunkWork = std::function<void(const ConvChunk&)>;

template <typename T>
class Conv {
 public:
  Conv(const ConvShape& shape, std::size_t batch, const MatmulKernels<T>& kernels = matmul<T>());

  /// Weights in the two orders that the products read, as panels of kernels/matmul.hpp.
  struct Packed {
    Array<std::uint32_t> forward, backward;
  };
  /// @param weights taps x I x O, the real channels only. `backward` is left empty unless needed.
  void pack(ThreadPool& pool, const float* weights, Packed& packed, bool need_backward) const;

  /// `epilogue` (may be empty) runs on each finished chunk of the output while it is in cache.
  void forward(ThreadPool& pool, const T* input, const Packed& packed, T* output,
               const ChunkWork& epilogue) const;
  void backward_input(ThreadPool& pool, const T* doutput, const Packed& packed, T* dinput,
                      bool accumulate) const;
  /// dweight, taps x I x O, receives the sum (accumulating). `prologue` (may be empty) runs on each part of
  /// doutput, once, before that is read; it may write it. Its chunks have no index.
  void backward_weights(ThreadPool& pool, const T* input, const T* doutput, float* dweight,
                        const ChunkWork& prologue = nullptr) const;

  const ConvShape& shape() const { return shape_; }
  std::size_t batch() const { return batch_; }
  /// How many chunks forward() makes, and each one.
  std::size_t chunks() const;
  ConvChunk chunk(std::size_t index) const;

 private:
  struct Pass;  // forward or backward_input
  void run(ThreadPool& pool, const Pass& pass, const ChunkWork& epilogue) const;

  ConvShape shape_;
  std::size_t batch_;
  ConvAxis rows_, columns_;
  const MatmulKernels<T>* kernels_;
};

extern template class Conv<float>;
extern template class Conv<BFloat16>;

}  // namespace wd::algo
