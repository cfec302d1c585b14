// SPDX-License-Identifier: Apache-2.0
#include "algo/optimize/schedule.hpp"

#include <cmath>
#include <numbers>

#include "base/json.hpp"

namespace wd::algo {
namespace {

/// In the order of RateKind.
const std::vector<std::string> kinds{"constant", "cosine", "step", "exponential"};

/// @param at epochs since the start, after the warm-up.
double decayed(const RateSchedule& schedule, double epochs, double at) {
  switch (schedule.kind) {
    case RateKind::constant:
      break;
    case RateKind::cosine:
      return schedule.base / 2 *
             (1 +
              std::cos(std::numbers::pi * (at - schedule.warmup_epochs) / (epochs - schedule.warmup_epochs)));
    case RateKind::step: {
      double rate = schedule.base;
      for (double milestone : schedule.milestones)
        if (at >= milestone) rate *= schedule.factor;
      return rate;
    }
    case RateKind::exponential:
      return schedule.base * std::pow(schedule.factor, std::floor(at / schedule.every));
  }
  return schedule.base;
}

}  // namespace

double learning_rate(const RateSchedule& schedule, std::size_t epochs, std::size_t steps_per_epoch,
                     std::size_t step) {
  WD_ASSERT(epochs > 0 && steps_per_epoch > 0);
  const double one_step = 1 / static_cast<double>(steps_per_epoch), warmup = schedule.warmup_epochs;
  const std::size_t epoch = step / steps_per_epoch;
  const double at = schedule.per_epoch ? static_cast<double>(epoch) : static_cast<double>(step) * one_step;
  // The first epoch, or the first step, already moves.
  const double unit = schedule.per_epoch ? 1 : one_step;
  if (at < warmup) return schedule.base * std::min(1.0, (at + unit) / warmup);
  return decayed(schedule, static_cast<double>(epochs), at);
}

RateSchedule rate_schedule_from_json(const nlohmann::json& value, const std::string& origin) {
  RateSchedule schedule;
  JsonReader reader(value, origin);
  schedule.kind = RateKind::cosine;
  if (reader.has("kind")) schedule.kind = static_cast<RateKind>(reader.get_word("kind", kinds));
  reader.read_between("rate", 1e-9, 100, schedule.base);
  reader.read_between("warmup_epochs", 0, 10000, schedule.warmup_epochs);
  schedule.per_epoch = reader.get("per_epoch", schedule.per_epoch);
  if (schedule.kind == RateKind::step || schedule.kind == RateKind::exponential)
    reader.read_between("factor", 1e-6, 1, schedule.factor);
  if (schedule.kind == RateKind::exponential) reader.read_between("every", 1e-3, 10000, schedule.every);
  if (schedule.kind == RateKind::step) {
    schedule.milestones = reader.get<std::vector<double>>("milestones");
    double last = 0;
    for (double milestone : schedule.milestones) {
      WD_REQUIRE(milestone > last, origin, ": 'milestones' holds ", milestone,
                 ", epochs must ascend from above 0");
      last = milestone;
    }
  }
  reader.refuse_unknown();
  return schedule;
}

nlohmann::json to_json(const RateSchedule& schedule) {
  nlohmann::json value{{"kind", kinds[static_cast<std::size_t>(schedule.kind)]},
                       {"rate", schedule.base},
                       {"warmup_epochs", schedule.warmup_epochs},
                       {"per_epoch", schedule.per_epoch}};
  if (schedule.kind == RateKind::step || schedule.kind == RateKind::exponential)
    value["factor"] = schedule.factor;
  if (schedule.kind == RateKind::exponential) value["every"] = schedule.every;
  if (schedule.kind == RateKind::step) value["milestones"] = schedule.milestones;
  return value;
}

}  // namespace wd::algo
