// SPDX-License-Identifier: Apache-2.0
// Averages what is trained (scores, dense weights, gains and offsets of norms) over the last steps.
//
// Numerics  mean: each step's values of the last epochs count alike. exponential: a step counts `decay` times what the next
//           one does, from the first step on (weights that add up to 1, so the first value has no part of its own). FP64
//           per step, kept in FP32; the same bits at any thread count.
// Source    Izmailov et al., arXiv 1803.05407 (of weights, an average per epoch; here per step)
// Test      averaging_test.cpp, trainer_test.cpp
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "algo/optimize/parameter.hpp"
#include "base/parallel.hpp"

namespace wd::algo {

enum class AveragingKind { none, mean, exponential };

struct AveragingConfig {
  AveragingKind kind = AveragingKind::none;
  int epochs = 0;    // mean: the last ones
  double decay = 0;  // exponential

  bool on() const { return kind != AveragingKind::none; }
  /// Whether steps of this epoch, from 0, have a part.
  bool counts(int epoch, int all_epochs) const {
    return on() && (kind == AveragingKind::exponential || epoch >= all_epochs - epochs);
  }
};

/// Errors: unknown keys (also of the other kind), values out of range: wd::Error naming the key.
AveragingConfig averaging_from_json(const nlohmann::json& value, const std::string& origin);
nlohmann::json to_json(const AveragingConfig& config);

struct Average {
  std::uint64_t steps = 0;                 // that have a part
  std::vector<std::vector<float>> values;  // per parameter; empty before the first step
};
/// Takes in the present values.
void add_step(ThreadPool& pool, const AveragingConfig& config, const std::vector<Parameter*>& parameters,
              Average& average);

}  // namespace wd::algo
