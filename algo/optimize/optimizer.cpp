// SPDX-License-Identifier: Apache-2.0
#include "algo/optimize/optimizer.hpp"

#include <algorithm>
#include <cmath>

#include "algo/optimize/optimizer_kernels.hpp"
#include "base/json.hpp"

namespace wd::algo {
namespace {

constexpr std::size_t chunk = 1 << 14;

}  // namespace

void Optimizer::prepare(Parameter& parameter) const {
  if (parameter.first.size() != parameter.count()) parameter.first = Buffer(parameter.count());
  if (config_.kind == OptimizerKind::adamw && parameter.second.size() != parameter.count())
    parameter.second = Buffer(parameter.count());
}

OptimizerStep Optimizer::factors(double rate, std::uint64_t step_number, bool decay) const {
  WD_ASSERT(step_number >= 1);
  OptimizerStep step;
  const double weight_decay = decay ? config_.weight_decay : 0, number = static_cast<double>(step_number);
  step.kind = config_.kind;
  step.rate = static_cast<float>(rate);
  step.decay = static_cast<float>(weight_decay);
  step.momentum = static_cast<float>(config_.momentum);
  step.nesterov = config_.nesterov;
  step.shrink = static_cast<float>(1 - rate * weight_decay);
  step.beta1 = static_cast<float>(config_.beta1);
  step.beta2 = static_cast<float>(config_.beta2);
  step.rest1 = static_cast<float>(1 - config_.beta1);
  step.rest2 = static_cast<float>(1 - config_.beta2);
  step.step_size = static_cast<float>(rate / (1 - std::pow(config_.beta1, number)));
  step.inverse_root = static_cast<float>(1 / std::sqrt(1 - std::pow(config_.beta2, number)));
  step.epsilon = static_cast<float>(config_.epsilon);
  return step;
}

void step_block(const OptimizerStep& step, std::size_t count, const float* gradient, float* value,
                float* first, float* second) {
  if (step.kind == OptimizerKind::sgd)
    optimizer_kernels().sgd(step, count, gradient, value, first);
  else
    optimizer_kernels().adamw(step, count, gradient, value, first, second);
}

void Optimizer::step(Parameter& parameter, double rate, std::uint64_t step_number) const {
  prepare(parameter);
  step_block(factors(rate, step_number, parameter.decay), parameter.count(), parameter.gradient.data(),
             parameter.value.data(), parameter.first.data(), parameter.second.data());
}

void Optimizer::step(ThreadPool& pool, Parameter& parameter, double rate, std::uint64_t step_number) const {
  prepare(parameter);
  const OptimizerStep factor = factors(rate, step_number, parameter.decay);
  pool.run((parameter.count() + chunk - 1) / chunk, [&](std::size_t index) {
    const std::size_t begin = index * chunk, count = std::min(chunk, parameter.count() - begin);
    float* second = parameter.second.size() > 0 ? parameter.second.data() + begin : nullptr;
    step_block(factor, count, parameter.gradient.data() + begin, parameter.value.data() + begin,
               parameter.first.data() + begin, second);
  });
}

OptimizerConfig optimizer_config_from_json(const nlohmann::json& value, const std::string& origin) {
  OptimizerConfig config;
  JsonReader reader(value, origin);
  if (!reader.has("kind") || reader.get_word("kind", {"sgd", "adamw"}) == 0) {
    reader.read_between("momentum", 0, 0.9999, config.momentum);
    config.nesterov = reader.get("nesterov", config.nesterov);
    WD_REQUIRE(!config.nesterov || config.momentum > 0, origin,
               ": 'nesterov' needs momentum, 'momentum' is 0; set it above 0");
  } else {
    config.kind = OptimizerKind::adamw;
    config.weight_decay = 0.01;
    reader.read_between("beta1", 0, 0.9999, config.beta1);
    reader.read_between("beta2", 0, 0.999999, config.beta2);
    reader.read_between("epsilon", 1e-16, 1, config.epsilon);
  }
  reader.read_between("weight_decay", 0, 1, config.weight_decay);
  config.decay_norms = reader.get("decay_norms", config.decay_norms);
  reader.refuse_unknown();
  return config;
}

nlohmann::json to_json(const OptimizerConfig& config) {
  nlohmann::json value{{"weight_decay", config.weight_decay}, {"decay_norms", config.decay_norms}};
  if (config.kind == OptimizerKind::sgd)
    value.update({{"kind", "sgd"}, {"momentum", config.momentum}, {"nesterov", config.nesterov}});
  else
    value.update(
        {{"kind", "adamw"}, {"beta1", config.beta1}, {"beta2", config.beta2}, {"epsilon", config.epsilon}});
  return value;
}

}  // namespace wd::algo
