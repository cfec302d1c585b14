// SPDX-License-Identifier: Apache-2.0
// The executor over FP32 or bf16 tensors.
// Test      executor_test.cpp
#pragma once

#include "algo/executor/executor.hpp"
#include "algo/executor/gradient_store.hpp"
#include "algo/executor/node_norm.hpp"
#include "algo/layers/conv.hpp"
#include "algo/layers/pool.hpp"
#include "algo/layers/token_mix.hpp"

namespace wd::algo {

template <typename T>
class TypedExecutor final : public Executor {
 public:
  TypedExecutor(const Graph& graph, const MaskConfig& mask, std::uint64_t seed, std::size_t batch,
                ThreadPool& pool);

  BatchLabels fill(const ImageSet& images, const BatchRequest& request, const PixelValues& values) override;
  void set_input(std::span<const float> values) override;
  void forward_train(bool update_running) override;
  void forward_frozen(const std::vector<ChannelStatistics>& statistics) override;
  LossResult loss(const LossTargets& targets) override;
  void backward() override;
  std::size_t predicted(std::size_t image) const override;
  std::vector<float> scores(std::size_t image) const override;
  std::vector<float> values(int activation) const override;
  std::vector<ChannelStatistics> batch_statistics() const override;
  std::vector<float> tensor_maxima() const override;
  std::vector<double> tensor_sparsity() const override;

 protected:
  void pack_weights() override;

 private:
  /// What a node computes with, besides its parameters.
  struct State {
    std::variant<std::monostate, Conv<T>, TokenMix<T>, MaxPool<T>, AveragePool<T>> op;
    std::unique_ptr<NodeNorm<T>> norm;  // null for pools
    Array<T> raw;                       // the linear operation's result
    std::vector<ConvChunk> chunks;      // of the output, where there is a norm
    std::size_t stored = 0;             // output channels
    bool stores_fp8 = true;
  };

  State make_state(const Node& node);
  void make_norm(State& state, const Node& node);
  T* activation(int index) { return activations_[static_cast<std::size_t>(index)].data(); }
  const T* activation(int index) const { return activations_[static_cast<std::size_t>(index)].data(); }
  double sigma_of(const Node& node) const;
  typename Conv<T>::Packed& conv_weights(const Node& node) {
    return conv_packed_[static_cast<std::size_t>(node.weights)];
  }
  typename TokenMix<T>::Packed& mix_weights(const Node& node) {
    return mix_packed_[static_cast<std::size_t>(node.weights)];
  }

  void forward(const std::vector<ChannelStatistics>* statistics, bool update_running);
  void forward_node(const Node& node, State& state, const std::vector<ChannelStatistics>* statistics,
                    bool update_running);
  void run_linear(const Node& node, State& state, const ChunkWork& epilogue);
  void write_output(const Node& node, State& state, const ConvChunk& at);
  const T* raw_of(const Node& node, const State& state) const;
  std::size_t offset(const State& state, const ConvChunk& at) const {
    return (at.position * batch_ + at.first_row) * state.stored;
  }
  void backward_node(const Node& node, State& state);
  void backward_pool(const Node& node, State& state);
  void backward_norm(const Node& node, State& state);
  void backward_linear(const Node& node, State& state, const T* draw, const ChunkWork& to_draw);
  void add_residual_gradient(const Node& node, const State& state);

  std::vector<State> states_;
  // Per weight array; nodes of a fold share theirs.
  std::vector<typename Conv<T>::Packed> conv_packed_;
  std::vector<typename TokenMix<T>::Packed> mix_packed_;
  std::vector<Array<T>> activations_;
  GradientStore<T> gradients_;
};

extern template class TypedExecutor<float>;
extern template class TypedExecutor<BFloat16>;

}  // namespace wd::algo
