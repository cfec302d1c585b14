// SPDX-License-Identifier: Apache-2.0
// Softmax cross entropy of class scores, its gradient, and how many images were right.
//
// Shape     logits and dlogits: B x S, S = stored_channels(classes); the padding of dlogits is set to zero.
// Numerics  each row in FP64; the loss is the mean over rows, summed in row order: the same at any thread
//           count. Label smoothing e: target (1 - e) one-hot + e / classes (PyTorch's definition). With a teacher: (1 -
//           w) times that, plus w T^2 KL(softmax(teacher / T) || softmax(z / T)), whose gradient keeps its size at any T.
// Errors    a label that is no class: wd::Error.
// Source    Hinton et al., arXiv 1503.02531 (teacher)
// Test      softmax_loss_test.cpp (FP64 reference, finite differences)
#pragma once

#include <cstdint>
#include <span>

#include "algo/kernels/buffer.hpp"
#include "base/parallel.hpp"

namespace wd::algo {

struct LossTargets {
  std::span<const std::uint16_t> labels;  // one per row
  std::span<const std::uint16_t> other;   // mixup's second labels; empty: none
  double lambda = 1;                      // the weight of `labels`; 1 - lambda is that of `other`
  double smoothing = 0;
  std::span<const float> teacher{};  // another network's class scores, rows x classes; empty: none
  double teacher_weight = 0;         // w
  double temperature = 1;            // T, of both networks' scores where they are compared
};

struct LossResult {
  double loss = 0;        // mean over the rows
  std::size_t right = 0;  // rows whose best class is labels[row]
};

/// Sets dlogits, unless it is null, to the gradient of the mean loss. As many rows as labels.
template <typename T>
LossResult softmax_loss(ThreadPool& pool, std::size_t classes, const T* logits, const LossTargets& targets,
                        T* dlogits);

/// The class of the highest score; the first of equals.
template <typename T>
std::size_t best_class(std::size_t classes, const T* logits);

struct TopRight {
  std::size_t top1 = 0, top5 = 0;
};
/// Rows whose label is the best class, or among the best five. Of equal scores the lower class is better; a
/// NaN is never right.
template <typename T>
TopRight count_right(std::size_t classes, const T* logits, std::span<const std::uint16_t> labels);

}  // namespace wd::algo
