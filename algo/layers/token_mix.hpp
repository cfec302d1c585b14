// SPDX-License-Identifier: Apache-2.0
// Mixes tokens: out[o][b, c] = sum over i of weights[i][o] * in[i][b, c]. Tokens are positions.
//
// Shape     activations are tokens x B x S, S = stored channels; weights are I x O, I and O tokens.
// Numerics  operands in T (float or bf16), products summed in FP32 in a fixed order, each output rounded to T
//           once. Results are the same at any thread count.
// Test      conv_test.cpp (plain FP64 loops, each instruction set)
#pragma once

#include "algo/layers/conv.hpp"

namespace wd::algo {

template <typename T>
class TokenMix {
 public:
  TokenMix(std::size_t in_tokens, std::size_t out_tokens, std::size_t batch, std::size_t stored_channels,
           const MatmulKernels<T>& kernels = matmul<T>());

  /// Weights in the two orders that the products read: rows of left operands, padded with zeros.
  struct Packed {
    Array<T> forward, backward;
  };
  /// @param weights I x O.
  void pack(ThreadPool& pool, const float* weights, Packed& packed, bool need_backward) const;

  /// `epilogue` (may be empty) runs on each chunk of the output.
  void forward(ThreadPool& pool, const T* input, const Packed& packed, T* output,
               const ChunkWork& epilogue) const;
  void backward_input(ThreadPool& pool, const T* doutput, const Packed& packed, T* dinput,
                      bool accumulate) const;
  /// dweight, I x O, receives the sum (accumulating).
  void backward_weights(ThreadPool& pool, const T* input, const T* doutput, float* dweight) const;

  std::size_t in_tokens() const { return inputs_; }
  std::size_t out_tokens() const { return outputs_; }
  std::size_t batch() const { return batch_; }
  std::size_t channels() const { return channels_; }
  /// One chunk per output token, with all images.
  std::size_t chunks() const { return outputs_; }
  ConvChunk chunk(std::size_t index) const { return {index, index, 0, batch_}; }

 private:
  void mix(ThreadPool& pool, std::size_t inputs, std::size_t outputs, const Array<T>& weights, const T* input,
           T* output, bool accumulate) const;

  std::size_t inputs_, outputs_, batch_, channels_;
  const MatmulKernels<T>* kernels_;
};

extern template class TokenMix<float>;
extern template class TokenMix<BFloat16>;

}  // namespace wd::algo
