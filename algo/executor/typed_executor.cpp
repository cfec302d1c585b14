// SPDX-License-Identifier: Apache-2.0
#include "algo/executor/typed_executor.hpp"

#include <algorithm>
#include <cmath>

#include "algo/kernels/elementwise.hpp"
#include "base/integer.hpp"

namespace wd::algo {
namespace {

std::size_t stored_size(const TensorShape& tensor, std::size_t batch) {
  return tensor.positions() * batch * stored_channels(tensor.channels);
}

std::vector<std::size_t> gradient_sizes(const Graph& graph, std::size_t batch) {
  std::vector<std::size_t> sizes;
  for (std::size_t a = 0; a < graph.activations.size(); ++a)
    sizes.push_back(stored_size(graph.tensor_of(static_cast<int>(a)), batch));
  return sizes;
}

/// Blocks of at most 128 images at each position.
std::vector<ConvChunk> row_chunks(std::size_t positions, std::size_t batch) {
  constexpr std::size_t most = 128;
  std::vector<ConvChunk> chunks;
  for (std::size_t position = 0; position < positions; ++position)
    for (std::size_t row = 0; row < batch; row += most)
      chunks.push_back({chunks.size(), position, row, std::min(most, batch - row)});
  return chunks;
}

PoolShape pool_shape(const Graph& graph, const Node& node) {
  const TensorShape& in = graph.tensor_of(node.input);
  const bool global = node.kind == NodeKind::average_pool && node.stride == 1 && node.kernel == 1;
  return {in.height, in.width, in.channels, node.kernel, global ? 0 : node.stride, node.pad};
}

}  // namespace

template <typename T>
TypedExecutor<T>::TypedExecutor(const Graph& graph, const MaskConfig& mask, std::uint64_t seed,
                                std::size_t batch, ThreadPool& pool)
    : Executor(graph, mask, seed, batch, pool),
      conv_packed_(graph.weights.size()),
      mix_packed_(graph.weights.size()),
      gradients_(gradient_sizes(graph, batch)) {
  for (const Node& node : graph_.nodes) states_.push_back(make_state(node));
  for (std::size_t a = 0; a < graph_.activations.size(); ++a)
    activations_.emplace_back(stored_size(graph_.tensor_of(static_cast<int>(a)), batch_));
  pack_weights();
}

template <typename T>
double TypedExecutor<T>::sigma_of(const Node& node) const {
  return node.weights < 0 ? 1 : masks_[index(node.weights)].sigma();
}

template <typename T>
typename TypedExecutor<T>::State TypedExecutor<T>::make_state(const Node& node) {
  State state;
  const TensorShape &in = graph_.tensor_of(node.input), &out = graph_.tensor_of(node.output);
  state.stored = stored_channels(out.channels);
  state.stores_fp8 = &node != &graph_.nodes.back();
  switch (node.kind) {
    case NodeKind::conv: {
      auto& conv = state.op.template emplace<Conv<T>>(graph_.conv_shape(node), batch_);
      for (std::size_t i = 0; i < conv.chunks(); ++i) state.chunks.push_back(conv.chunk(i));
      break;
    }
    case NodeKind::token_mix: {
      auto& mix =
          state.op.template emplace<TokenMix<T>>(in.positions(), out.positions(), batch_, state.stored);
      for (std::size_t i = 0; i < mix.chunks(); ++i) state.chunks.push_back(mix.chunk(i));
      break;
    }
    case NodeKind::norm:
      state.chunks = row_chunks(out.positions(), batch_);
      break;
    case NodeKind::max_pool:
      state.op.template emplace<MaxPool<T>>(pool_shape(graph_, node), batch_);
      break;
    case NodeKind::average_pool:
      state.op.template emplace<AveragePool<T>>(pool_shape(graph_, node), batch_);
      break;
  }
  if (!state.chunks.empty()) make_norm(state, node);
  return state;
}

template <typename T>
void TypedExecutor<T>::make_norm(State& state, const Node& node) {
  const TensorShape& out = graph_.tensor_of(node.output);
  if (node.kind != NodeKind::norm) state.raw = Array<T>(stored_size(out, batch_));
  NormParameters* parameters = node.norm < 0 ? nullptr : &norms_[index(node.norm)];
  state.norm = std::make_unique<NodeNorm<T>>(parameters, out.channels, state.chunks.size(),
                                             out.positions() * batch_, sigma_of(node));
}

template <typename T>
void TypedExecutor<T>::pack_weights() {
  std::vector<bool> done(graph_.weights.size(), false);
  for (std::size_t n = 0; n < states_.size(); ++n) {
    const Node& node = graph_.nodes[n];
    if (node.weights < 0 || done[index(node.weights)]) continue;
    done[index(node.weights)] = true;
    const float* weights = masks_[index(node.weights)].weights();
    const bool backward = node.input != 0;
    if (auto* conv = std::get_if<Conv<T>>(&states_[n].op))
      conv->pack(pool_, weights, conv_weights(node), backward);
    if (auto* mix = std::get_if<TokenMix<T>>(&states_[n].op))
      mix->pack(pool_, weights, mix_weights(node), backward);
  }
}

template <typename T>
BatchLabels TypedExecutor<T>::fill(const ImageSet& images, const BatchRequest& request,
                                   const PixelValues& values) {
  return fill_batch(pool_, images, request, values, activation(0));
}

template <typename T>
void TypedExecutor<T>::set_input(std::span<const float> values) {
  const TensorShape& shape = graph_.tensors[0];
  const std::size_t channels = index(shape.channels), stored = stored_channels(shape.channels);
  WD_ASSERT(values.size() == shape.positions() * batch_ * channels);
  for (std::size_t i = 0; i < values.size(); ++i)
    activation(0)[i / channels * stored + i % channels] = static_cast<T>(values[i]);
}

template <typename T>
const T* TypedExecutor<T>::raw_of(const Node& node, const State& state) const {
  return node.kind == NodeKind::norm ? activation(node.input) : state.raw.data();
}

template <typename T>
void TypedExecutor<T>::write_output(const Node& node, State& state, const ConvChunk& at) {
  const std::size_t first = offset(state, at);
  T* out = activation(node.output) + first;
  const T* residual = node.residual < 0 ? nullptr : activation(node.residual) + first;
  state.norm->normalize(at.rows, raw_of(node, state) + first, residual, node.activation, out);
  if (fp8.on() && state.stores_fp8) {
    const int exp = fp8.exps[index(graph_.activations[index(node.output)])];
    elementwise<T>().fake_fp8(fp8.format, at.rows * state.stored, std::ldexp(1.0f, exp), out);
  }
}

template <typename T>
void TypedExecutor<T>::run_linear(const Node& node, State& state, const ChunkWork& epilogue) {
  if (auto* conv = std::get_if<Conv<T>>(&state.op))
    conv->forward(pool_, activation(node.input), conv_weights(node), state.raw.data(), epilogue);
  else if (auto* mix = std::get_if<TokenMix<T>>(&state.op))
    mix->forward(pool_, activation(node.input), mix_weights(node), state.raw.data(), epilogue);
  else if (epilogue)
    pool_.run(state.chunks.size(), [&](std::size_t chunk) { epilogue(state.chunks[chunk]); });
}

template <typename T>
void TypedExecutor<T>::forward_node(const Node& node, State& state,
                                    const std::vector<ChannelStatistics>* statistics, bool update_running) {
  if (auto* pool = std::get_if<MaxPool<T>>(&state.op))
    return pool->forward(pool_, activation(node.input), activation(node.output));
  if (auto* pool = std::get_if<AveragePool<T>>(&state.op))
    return pool->forward(pool_, activation(node.input), activation(node.output));
  BatchNorm<T>* batch_norm = state.norm->batch();
  state.norm->begin(sigma_of(node), statistics && batch_norm ? &(*statistics)[index(node.norm)] : nullptr);
  if (!batch_norm || statistics)
    return run_linear(node, state, [&](const ConvChunk& at) { write_output(node, state, at); });
  run_linear(node, state, [&](const ConvChunk& at) {
    batch_norm->collect(at.index, at.rows, raw_of(node, state) + offset(state, at));
  });
  batch_norm->finish_statistics(update_running);
  pool_.run(state.chunks.size(), [&](std::size_t chunk) { write_output(node, state, state.chunks[chunk]); });
}

template <typename T>
void TypedExecutor<T>::forward(const std::vector<ChannelStatistics>* statistics, bool update_running) {
  for (std::size_t n = 0; n < states_.size(); ++n)
    forward_node(graph_.nodes[n], states_[n], statistics, update_running);
}

template <typename T>
void TypedExecutor<T>::forward_train(bool update_running) {
  forward(nullptr, update_running);
}

template <typename T>
void TypedExecutor<T>::forward_frozen(const std::vector<ChannelStatistics>& statistics) {
  WD_ASSERT(statistics.size() == norms_.size());
  forward(&statistics, false);
}

template <typename T>
LossResult TypedExecutor<T>::loss(const LossTargets& targets) {
  const int last = graph_.nodes.back().output;
  return softmax_loss(pool_, classes(), activation(last), targets, gradients_.get(last));
}

template <typename T>
void TypedExecutor<T>::backward() {
  for (std::size_t n = states_.size(); n-- > 0;) {
    const Node& node = graph_.nodes[n];
    if (gradients_.written(node.output)) backward_node(node, states_[n]);
    gradients_.release(node.output);
  }
}

template <typename T>
void TypedExecutor<T>::backward_node(const Node& node, State& state) {
  if (!state.norm) return backward_pool(node, state);
  T* dy = gradients_.get(node.output);
  const T *y = activation(node.output), *raw = raw_of(node, state);
  const T* residual = node.residual < 0 ? nullptr : activation(node.residual);
  pool_.run(state.chunks.size(), [&](std::size_t chunk) {
    const ConvChunk& at = state.chunks[chunk];
    const std::size_t first = offset(state, at);
    state.norm->collect_gradient(at.index, at.rows, dy + first, y + first, raw + first,
                                 residual ? residual + first : nullptr, node.activation);
  });
  state.norm->finish_gradient();
  if (node.kind == NodeKind::norm) return backward_norm(node, state);
  // dy itself turns into the gradient of the linear result, unless the residual's gradient can take it over.
  const bool take_over = node.residual >= 0 && !gradients_.written(node.residual) && node.residual != 0;
  Array<T> separate = take_over ? gradients_.take(node.output) : Array<T>();
  T* draw = take_over ? separate.data() : dy;
  if (!take_over) add_residual_gradient(node, state);
  if (take_over) gradients_.move(node.output, node.residual);
  backward_linear(node, state, draw, [&](const ConvChunk& at) {
    const std::size_t first = offset(state, at);
    state.norm->input_gradient(at.rows, dy + first, raw + first, draw + first, false);
  });
  if (take_over) gradients_.give_back(std::move(separate));
}

template <typename T>
void TypedExecutor<T>::add_residual_gradient(const Node& node, const State& state) {
  if (node.residual <= 0) return;
  const bool accumulate = gradients_.written(node.residual);
  const T* dy = gradients_.get(node.output);
  T* to = gradients_.get(node.residual);
  pool_.run(state.chunks.size(), [&](std::size_t chunk) {
    const ConvChunk& at = state.chunks[chunk];
    const std::size_t first = offset(state, at);
    elementwise<T>().add(at.rows * state.stored, dy + first, to + first, accumulate);
  });
}

/// to_draw makes a chunk of draw.
template <typename T>
void TypedExecutor<T>::backward_linear(const Node& node, State& state, const T* draw,
                                       const ChunkWork& to_draw) {
  float* dweight = masks_[index(node.weights)].dweight.data();
  const bool accumulate = gradients_.written(node.input);
  T* dinput = node.input == 0 ? nullptr : gradients_.get(node.input);
  if (auto* conv = std::get_if<Conv<T>>(&state.op)) {
    conv->backward_weights(pool_, activation(node.input), draw, dweight, to_draw);
    if (dinput) conv->backward_input(pool_, draw, conv_weights(node), dinput, accumulate);
  } else if (auto* mix = std::get_if<TokenMix<T>>(&state.op)) {
    pool_.run(state.chunks.size(), [&](std::size_t chunk) { to_draw(state.chunks[chunk]); });
    mix->backward_weights(pool_, activation(node.input), draw, dweight);
    if (dinput) mix->backward_input(pool_, draw, mix_weights(node), dinput, accumulate);
  }
}

template <typename T>
void TypedExecutor<T>::backward_norm(const Node& node, State& state) {
  if (node.input == 0) return;
  add_residual_gradient(node, state);
  const bool accumulate = gradients_.written(node.input);
  const T* dy = gradients_.get(node.output);
  T* dinput = gradients_.get(node.input);
  pool_.run(state.chunks.size(), [&](std::size_t chunk) {
    const std::size_t first = offset(state, state.chunks[chunk]);
    state.norm->input_gradient(state.chunks[chunk].rows, dy + first, activation(node.input) + first,
                               dinput + first, accumulate);
  });
}

template <typename T>
void TypedExecutor<T>::backward_pool(const Node& node, State& state) {
  if (node.input == 0) return;
  const bool accumulate = gradients_.written(node.input);
  const T* dy = gradients_.get(node.output);
  T* dinput = gradients_.get(node.input);
  if (auto* pool = std::get_if<MaxPool<T>>(&state.op)) pool->backward(pool_, dy, dinput, accumulate);
  if (auto* pool = std::get_if<AveragePool<T>>(&state.op)) pool->backward(pool_, dy, dinput, accumulate);
}

template <typename T>
std::size_t TypedExecutor<T>::predicted(std::size_t image) const {
  const T* scores = activation(graph_.nodes.back().output);
  return best_class(classes(), scores + image * stored_channels(static_cast<int>(classes())));
}

template <typename T>
std::vector<float> TypedExecutor<T>::scores(std::size_t image) const {
  const T* first =
      activation(graph_.nodes.back().output) + image * stored_channels(static_cast<int>(classes()));
  std::vector<float> result;
  for (std::size_t k = 0; k < classes(); ++k) result.push_back(static_cast<float>(first[k]));
  return result;
}

template <typename T>
std::vector<float> TypedExecutor<T>::values(int at) const {
  const TensorShape& shape = graph_.tensor_of(at);
  const std::size_t channels = index(shape.channels), stored = stored_channels(shape.channels);
  std::vector<float> result(shape.positions() * batch_ * channels);
  for (std::size_t i = 0; i < result.size(); ++i)
    result[i] = static_cast<float>(activation(at)[i / channels * stored + i % channels]);
  return result;
}

template <typename T>
std::vector<ChannelStatistics> TypedExecutor<T>::batch_statistics() const {
  std::vector<ChannelStatistics> result;
  for (const State& state : states_) {
    const BatchNorm<T>* norm = state.norm ? std::as_const(*state.norm).batch() : nullptr;
    result.push_back(norm ? norm->batch_statistics() : ChannelStatistics{});
  }
  return result;
}

template <typename T>
std::vector<float> TypedExecutor<T>::tensor_maxima() const {
  std::vector<float> maxima(graph_.tensors.size(), 0.0f);
  for (std::size_t a = 0; a < activations_.size(); ++a) {
    float& most = maxima[index(graph_.activations[a])];
    most = std::max(most, elementwise<T>().max_magnitude(activations_[a].size(), activations_[a].data()));
  }
  return maxima;
}

template <typename T>
std::vector<double> TypedExecutor<T>::tensor_sparsity() const {
  std::vector<double> zeros(graph_.tensors.size(), 0), all(graph_.tensors.size(), 0);
  for (std::size_t a = 0; a < activations_.size(); ++a) {
    const std::vector<float> dense = values(static_cast<int>(a));
    const std::size_t tensor = index(graph_.activations[a]);
    zeros[tensor] += static_cast<double>(std::count(dense.begin(), dense.end(), 0.0f));
    all[tensor] += static_cast<double>(dense.size());
  }
  for (std::size_t t = 0; t < zeros.size(); ++t) zeros[t] = all[t] > 0 ? zeros[t] / all[t] : 0;
  return zeros;
}

template class TypedExecutor<float>;
template class TypedExecutor<BFloat16>;

}  // namespace wd::algo
