// SPDX-License-Identifier: Apache-2.0
#include "algo/executor/executor.hpp"

#include "algo/executor/typed_executor.hpp"

namespace wd::algo {

Executor::Executor(const Graph& graph, const MaskConfig& mask, std::uint64_t seed, std::size_t batch,
                   ThreadPool& pool)
    : graph_(graph), batch_(batch), pool_(pool), masks_(graph.weights, mask, seed, &pool) {
  for (const NormShape& shape : graph.norms) norms_.emplace_back(shape);
}

std::vector<Parameter*> Executor::parameters() {
  std::vector<Parameter*> list;
  for (Supermask& mask : masks_.layers()) list.push_back(&mask.scores);
  for (NormParameters& norm : norms_) {
    list.push_back(&norm.gamma);
    list.push_back(&norm.beta);
  }
  return list;
}

void Executor::update(const Optimizer& optimizer, double rate, std::uint64_t step_number) {
  masks_.update(pool_, optimizer, rate, step_number);
  for (NormParameters& norm : norms_) {
    if (norm.learned)
      for (Parameter* parameter : {&norm.gamma, &norm.beta}) optimizer.step(*parameter, rate, step_number);
    norm.gamma.gradient.fill(0);
    norm.beta.gradient.fill(0);
  }
  pack_weights();
}

void Executor::refresh() {
  masks_.refresh(pool_);
  pack_weights();
}

std::unique_ptr<Executor> make_executor(const ExecutorConfig& config, const Graph& graph, ThreadPool& pool) {
  const auto batch = static_cast<std::size_t>(config.batch);
  std::unique_ptr<Executor> executor;
  if (config.precision == Precision::fp32)
    executor = std::make_unique<TypedExecutor<float>>(graph, config.supermask, config.seed, batch, pool);
  else
    executor = std::make_unique<TypedExecutor<BFloat16>>(graph, config.supermask, config.seed, batch, pool);
  const Optimizer optimizer(config.optimizer);
  for (Parameter* parameter : executor->parameters()) optimizer.prepare(*parameter);
  for (NormParameters& norm : executor->norms())
    norm.gamma.decay = norm.beta.decay = config.optimizer.decay_norms;
  return executor;
}

}  // namespace wd::algo
