// SPDX-License-Identifier: Apache-2.0
// The learning rate over a training run.
//
// Units     t in epochs since the start, at the step's beginning; where `per_epoch`, at its epoch's
//           beginning.
// Numerics  FP64, W the warm-up, T all epochs. Warm-up: base * (t + u) / W, u one epoch or step, at most
//           base; then cosine: base/2 (1 + cos(pi (t - W) / (T - W))); step: base * factor^(milestones
//           reached); exponential: base * factor^floor(t / every).
// Errors    unknown keys, values out of range: wd::Error naming the key.
// Source    Hidden Networks' adjusters (arXiv 1911.13299): the rate is set before the epoch
// Test      schedule_test.cpp
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace wd::algo {

enum class RateKind { constant, cosine, step, exponential };

struct RateSchedule {
  RateKind kind = RateKind::cosine;
  double base = 0.1;
  std::vector<double> milestones;  // step: in epochs, ascending
  double factor = 0.1;             // step, exponential
  double every = 1;                // exponential: epochs
  double warmup_epochs = 0;
  bool per_epoch = false;  // whether the rate only changes between epochs

  bool operator==(const RateSchedule&) const = default;
};

/// The rate of a step. @param epochs of the whole run. @param step from 0, over the whole run.
double learning_rate(const RateSchedule& schedule, std::size_t epochs, std::size_t steps_per_epoch,
                     std::size_t step);

RateSchedule rate_schedule_from_json(const nlohmann::json& value, const std::string& origin);
nlohmann::json to_json(const RateSchedule& schedule);

}  // namespace wd::algo
