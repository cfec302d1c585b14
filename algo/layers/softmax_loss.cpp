// SPDX-License-Identifier: Apache-2.0
#include "algo/layers/softmax_loss.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "algo/graph/graph.hpp"
#include "base/error.hpp"

namespace wd::algo {
namespace {

constexpr std::size_t task_rows = 16;

void check(std::span<const std::uint16_t> labels, std::size_t classes) {
  for (std::size_t b = 0; b < labels.size(); ++b)
    WD_REQUIRE(labels[b] < classes, "image ", b, " of the batch has label ", labels[b],
               ", but the network has ", classes,
               " classes; train a network with as many classes as the data set");
}

/// Logarithms of a softmax.
std::vector<double> log_softmax(std::vector<double> z) {
  const double most = *std::max_element(z.begin(), z.end());
  double sum = 0;
  for (double x : z) sum += std::exp(x - most);
  const double log_sum = most + std::log(sum);
  for (double& x : z) x -= log_sum;
  return z;
}

/// What the teacher adds to a row's loss, and to its gradient by the scores.
double teacher_loss(const std::vector<double>& z, const float* teacher, const LossTargets& targets,
                    std::vector<double>& gradient) {
  const double t = targets.temperature;
  std::vector<double> own(z.size()), wanted(z.size());
  for (std::size_t k = 0; k < z.size(); ++k) {
    own[k] = z[k] / t;
    wanted[k] = static_cast<double>(teacher[k]) / t;
  }
  own = log_softmax(std::move(own));
  wanted = log_softmax(std::move(wanted));
  double divergence = 0;
  for (std::size_t k = 0; k < z.size(); ++k) {
    const double p = std::exp(wanted[k]);
    divergence += p * (wanted[k] - own[k]);
    gradient[k] =
        (1 - targets.teacher_weight) * gradient[k] + targets.teacher_weight * t * (std::exp(own[k]) - p);
  }
  return targets.teacher_weight * t * t * divergence;
}

/// The loss of one row; writes its gradient times `scale`.
template <typename T>
double row_loss(std::size_t classes, const T* logits, const LossTargets& targets, std::size_t row,
                double scale, T* dlogits) {
  std::vector<double> z(classes), target(classes, targets.smoothing / static_cast<double>(classes));
  for (std::size_t k = 0; k < classes; ++k) z[k] = static_cast<double>(static_cast<float>(logits[k]));
  const bool mixed = !targets.other.empty();
  target[targets.labels[row]] += (1 - targets.smoothing) * (mixed ? targets.lambda : 1);
  if (mixed) target[targets.other[row]] += (1 - targets.smoothing) * (1 - targets.lambda);
  const std::vector<double> own = log_softmax(z);
  std::vector<double> gradient(classes);
  double loss = 0;
  for (std::size_t k = 0; k < classes; ++k) {
    loss -= target[k] * own[k];
    gradient[k] = std::exp(own[k]) - target[k];
  }
  if (!targets.teacher.empty())
    loss = (1 - targets.teacher_weight) * loss +
           teacher_loss(z, targets.teacher.data() + row * classes, targets, gradient);
  for (std::size_t k = 0; k < classes && dlogits; ++k)
    dlogits[k] = static_cast<T>(static_cast<float>(scale * gradient[k]));
  return loss;
}

}  // namespace

template <typename T>
LossResult softmax_loss(ThreadPool& pool, std::size_t classes, const T* logits, const LossTargets& targets,
                        T* dlogits) {
  const std::size_t rows = targets.labels.size(), stored = stored_channels(static_cast<int>(classes));
  WD_ASSERT(rows > 0 && (targets.other.empty() || targets.other.size() == rows));
  WD_ASSERT(targets.teacher.empty() || targets.teacher.size() == rows * classes);
  check(targets.labels, classes);
  check(targets.other, classes);
  const double scale = 1 / static_cast<double>(rows);
  std::vector<double> losses(rows);
  std::vector<std::uint8_t> right(rows);
  pool.run((rows + task_rows - 1) / task_rows, [&](std::size_t task) {
    for (std::size_t b = task * task_rows; b < std::min(rows, (task + 1) * task_rows); ++b) {
      const T* row = logits + b * stored;
      T* gradient = dlogits ? dlogits + b * stored : nullptr;
      losses[b] = row_loss(classes, row, targets, b, scale, gradient);
      right[b] = best_class(classes, row) == targets.labels[b];
      if (gradient) std::fill(gradient + classes, gradient + stored, T{});
    }
  });
  LossResult result;
  for (std::size_t b = 0; b < rows; ++b) {
    result.loss += losses[b];
    result.right += right[b];
  }
  result.loss *= scale;
  return result;
}

template <typename T>
std::size_t best_class(std::size_t classes, const T* logits) {
  std::size_t best = 0;
  for (std::size_t k = 1; k < classes; ++k)
    if (static_cast<float>(logits[k]) > static_cast<float>(logits[best])) best = k;
  return best;
}

template <typename T>
TopRight count_right(std::size_t classes, const T* logits, std::span<const std::uint16_t> labels) {
  check(labels, classes);
  const std::size_t stored = stored_channels(static_cast<int>(classes));
  TopRight right;
  for (std::size_t b = 0; b < labels.size(); ++b) {
    const T* row = logits + b * stored;
    const auto own = static_cast<float>(row[labels[b]]);
    std::size_t better = 0;
    for (std::size_t k = 0; k < classes; ++k) {
      const auto score = static_cast<float>(row[k]);
      better += !(score < own) && !(score == own && k >= labels[b]);  // a NaN is better than any score
    }
    right.top1 += better == 0;
    right.top5 += better < 5;
  }
  return right;
}

template LossResult softmax_loss(ThreadPool&, std::size_t, const float*, const LossTargets&, float*);
template LossResult softmax_loss(ThreadPool&, std::size_t, const BFloat16*, const LossTargets&, BFloat16*);
template std::size_t best_class(std::size_t, const float*);
template std::size_t best_class(std::size_t, const BFloat16*);
template TopRight count_right(std::size_t, const float*, std::span<const std::uint16_t>);
template TopRight count_right(std::size_t, const BFloat16*, std::span<const std::uint16_t>);

}  // namespace wd::algo
