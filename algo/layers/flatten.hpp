// SPDX-License-Identifier: Apache-2.0
// The change of layout before a fully connected layer.
//
// Shape     H x W positions of B x stored(C) to one position of B x stored(C * H * W), channels in PyTorch's
//           order (c, y, x); padding is zero on both sides.
// Test      pool_test.cpp (plain loops, round trip)
#pragma once

#include "algo/graph/graph.hpp"
#include "algo/kernels/bfloat16.hpp"
#include "base/parallel.hpp"

namespace wd::algo {

template <typename T>
class Flatten {
 public:
  Flatten(int height, int width, int channels, std::size_t batch);
  void forward(ThreadPool& pool, const T* input, T* output) const;
  void backward(ThreadPool& pool, const T* doutput, T* dinput, bool accumulate) const;

 private:
  std::size_t positions_, channels_, batch_, in_stored_, out_stored_;
};

extern template class Flatten<float>;
extern template class Flatten<BFloat16>;

}  // namespace wd::algo
