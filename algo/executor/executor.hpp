// SPDX-License-Identifier: Apache-2.0
// Forward and backward passes of a graph, explicit per node.
//
// Shape     activations are positions x B x stored channels for a fixed batch B.
// Numerics  FP32 or bf16 tensors (Precision), FP32 parameters; bit-identical at any thread count. With FP8,
//           each tensor that the hardware stores is rounded after norm, residual and activation
//           (straight-through gradient; a ReLU's value rounded to zero has none). Pooled features and class
//           scores are not.
// Test      executor_test.cpp (an independent FP64 step), torch_check.py
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "algo/data/batch.hpp"
#include "algo/executor/executor_config.hpp"
#include "algo/executor/fp8_scales.hpp"
#include "algo/layers/norm.hpp"
#include "algo/layers/softmax_loss.hpp"
#include "algo/supermask/mask_set.hpp"

namespace wd::algo {

class Executor {
 public:
  Executor(const Graph& graph, const MaskConfig& mask, std::uint64_t seed, std::size_t batch,
           ThreadPool& pool);
  virtual ~Executor() = default;
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  /// Lays a batch of images out as the input; fewer images than the batch leave the rest as it was.
  virtual BatchLabels fill(const ImageSet& images, const BatchRequest& request,
                           const PixelValues& values) = 0;
  /// The input as plain values, positions x B x C without padding (for tests).
  virtual void set_input(std::span<const float> values) = 0;

  /// With the batch's own statistics. @param update_running whether they enter the running ones.
  virtual void forward_train(bool update_running = true) = 0;
  /// With given statistics, one per norm of the graph (those that are no batch norms: empty).
  virtual void forward_frozen(const std::vector<ChannelStatistics>& statistics) = 0;
  /// Of the first `targets.labels.size()` images; prepares backward().
  virtual LossResult loss(const LossTargets& targets) = 0;
  /// After forward_train() and loss() of a whole batch: adds to the gradients of masks and norms.
  virtual void backward() = 0;
  /// One optimizer step of everything; clears the gradients and makes the new weights.
  void update(const Optimizer& optimizer, double rate, std::uint64_t step_number);
  /// Makes the weights from the scores (after loading a checkpoint).
  void refresh();

  virtual std::size_t predicted(std::size_t image) const = 0;
  /// Class scores of an image.
  virtual std::vector<float> scores(std::size_t image) const = 0;
  /// An activation, positions x B x C without padding.
  virtual std::vector<float> values(int activation) const = 0;
  /// Statistics of the last forward_train(): of each node's batch norm, in node order; empty without one.
  virtual std::vector<ChannelStatistics> batch_statistics() const = 0;
  /// Largest magnitude of each tensor's activations in the last forward pass.
  virtual std::vector<float> tensor_maxima() const = 0;
  /// Share of values that are zero in each tensor's activations.
  virtual std::vector<double> tensor_sparsity() const = 0;

  Fp8Scales fp8;

  const Graph& graph() const { return graph_; }
  std::size_t batch() const { return batch_; }
  std::size_t classes() const { return static_cast<std::size_t>(graph_.weights.back().out_channels); }
  ThreadPool& pool() { return pool_; }
  MaskSet& masks() { return masks_; }
  const MaskSet& masks() const { return masks_; }
  std::vector<NormParameters>& norms() { return norms_; }
  const std::vector<NormParameters>& norms() const { return norms_; }
  /// All trained arrays: masks, then norms.
  std::vector<Parameter*> parameters();

 protected:
  virtual void pack_weights() = 0;

  Graph graph_;
  std::size_t batch_;
  ThreadPool& pool_;
  MaskSet masks_;
  std::vector<NormParameters> norms_;
};

std::unique_ptr<Executor> make_executor(const ExecutorConfig& config, const Graph& graph, ThreadPool& pool);

}  // namespace wd::algo
