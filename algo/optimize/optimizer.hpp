// SPDX-License-Identifier: Apache-2.0
// Moves parameters against their gradients: SGD with momentum or Nesterov's, AdamW.
//
// Numerics  FP32, products and sums rounded one by one, so all instruction sets agree bit for bit. The
//           definitions are PyTorch's: SGD adds decay * value to the gradient, v = momentum * v + g, value -=
//           rate * v (Nesterov: rate * (g + momentum * v)); AdamW shrinks the value by 1 - rate * decay and
//           corrects both moments' bias.
// Errors    unknown keys and values out of range of a config: wd::Error naming the key.
// Source    Sutskever et al., ICML 2013; Loshchilov and Hutter, arXiv 1711.05101; PyTorch's documentation
// Test      optimizer_test.cpp (FP64 loops, PyTorch's own numbers)
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "algo/optimize/parameter.hpp"
#include "base/parallel.hpp"

namespace wd::algo {

enum class OptimizerKind { sgd, adamw };

struct OptimizerConfig {
  OptimizerKind kind = OptimizerKind::sgd;
  double momentum = 0.9;
  bool nesterov = false;
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;  // AdamW
  double weight_decay = 5e-4;
  bool decay_norms = true;  // whether norms' parameters decay too: their Parameter::decay

  bool operator==(const OptimizerConfig&) const = default;
};

OptimizerConfig optimizer_config_from_json(const nlohmann::json& value, const std::string& origin);
nlohmann::json to_json(const OptimizerConfig& config);

/// The factors of one step, for step_block().
struct OptimizerStep {
  OptimizerKind kind = OptimizerKind::sgd;
  float rate = 0, decay = 0;
  float momentum = 0;  // SGD
  bool nesterov = false;
  float shrink = 1;                                    // AdamW: 1 - rate * decay
  float beta1 = 0, beta2 = 0, rest1 = 1, rest2 = 1;    // rest = 1 - beta
  float step_size = 0, inverse_root = 1, epsilon = 0;  // rate / (1 - beta1^t), 1 / sqrt(1 - beta2^t)
};

class Optimizer {
 public:
  explicit Optimizer(const OptimizerConfig& config) : config_(config) {}

  const OptimizerConfig& config() const { return config_; }
  /// Allocates the moments that it needs; call once per parameter.
  void prepare(Parameter& parameter) const;

  /// @param step_number from 1. The gradient is left as it is.
  void step(Parameter& parameter, double rate, std::uint64_t step_number) const;
  void step(ThreadPool& pool, Parameter& parameter, double rate, std::uint64_t step_number) const;

  OptimizerStep factors(double rate, std::uint64_t step_number, bool decay) const;

 private:
  OptimizerConfig config_;
};

/// One step on a part of a parameter. @param second null for SGD.
void step_block(const OptimizerStep& step, std::size_t count, const float* gradient, float* value,
                float* first, float* second);

}  // namespace wd::algo
