// SPDX-License-Identifier: Apache-2.0
// Forward and backward passes of a hidden-fold network, explicit per layer.
//
// Shape     activations are positions x B x C for a fixed batch B.
// Numerics  FP32; bit-identical at any thread count. With fp8(), each tensor that the hardware stores is
//           rounded to FP8 after norm, residual and ReLU (straight-through gradient; a value rounded to
//           zero has none). forward_hardware() also rounds as the FP16 post unit does.
// Test      engine_test.cpp (an independent FP64 step), export_test.cpp
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "algo/layers/batch_norm.hpp"
#include "algo/layers/classifier.hpp"
#include "algo/models/hidden_fold_network.hpp"
#include "algo/supermask/supermask.hpp"
#include "base/parallel.hpp"
#include "hw/model/network.hpp"

namespace wd::algo {

struct Layer {
  ConvNode node;
  Conv conv;
  BatchNorm norm;
  Buffer raw;
};

class Engine {
 public:
  Engine(const TrainConfig& config, const HiddenFoldGraph& graph, ThreadPool& pool);

  /// With the batch's own statistics (they also enter the running ones).
  void forward_train();
  /// With given statistics, one per layer.
  void forward_frozen(const std::vector<ChannelStatistics>& statistics);
  /// With folded FP16 norms, one per layer and the classifier's: the hardware's arithmetic.
  void forward_hardware(const std::vector<model::Norm>& norms);
  /// After forward_train() and classifier().loss(): gradients of scores and norms.
  void backward();
  void update(const ScoreStep& step);
  /// Rebuilds the weights from the scores (after loading a checkpoint).
  void refresh_masks();

  /// Rounds stored tensors to FP8 at these scales (one per tensor); nothing while null.
  void use_fp8(std::vector<int> scale_exps) { scale_exps_ = std::move(scale_exps); }
  bool fp8() const { return !scale_exps_.empty(); }
  const std::vector<int>& scale_exps() const { return scale_exps_; }
  /// Largest magnitude of each tensor's activations in the last forward pass.
  std::vector<float> tensor_maxima() const;

  float* input() { return activations_[0].data(); }
  const Buffer& activation(int index) const { return activations_[static_cast<std::size_t>(index)]; }
  std::size_t batch() const { return batch_; }
  std::vector<Layer>& layers() { return layers_; }
  const std::vector<Layer>& layers() const { return layers_; }
  std::vector<Supermask>& masks() { return masks_; }
  const std::vector<Supermask>& masks() const { return masks_; }
  PoolClassifier& classifier() { return *classifier_; }
  const HiddenFoldGraph& graph() const { return graph_; }
  ThreadPool& pool() { return pool_; }

 private:
  std::size_t offset(const Layer& layer, const ConvChunk& at) const;
  const float* residual_of(const Layer& layer, std::size_t offset) const;
  void round_output(const Layer& layer, std::size_t offset, std::size_t rows);
  void classify();
  void classify_hardware(const model::Norm& norm);
  void backward_layer(Layer& layer, std::vector<bool>& written);

  TrainConfig config_;
  HiddenFoldGraph graph_;
  ThreadPool& pool_;
  std::size_t batch_;
  std::vector<Supermask> masks_;
  std::vector<Layer> layers_;
  std::vector<Buffer> activations_, gradients_;
  Buffer draw_;
  std::unique_ptr<PoolClassifier> classifier_;
  std::vector<int> scale_exps_;
};

}  // namespace wd::algo
