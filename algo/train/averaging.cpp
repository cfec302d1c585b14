// SPDX-License-Identifier: Apache-2.0
#include "algo/train/averaging.hpp"

#include <algorithm>
#include <cmath>

#include "base/json.hpp"

namespace wd::algo {
namespace {

/// Of the newest of so many steps.
double newest_share(const AveragingConfig& config, std::uint64_t steps) {
  const auto n = static_cast<double>(steps);
  if (config.kind == AveragingKind::mean) return 1 / n;
  return (1 - config.decay) / (1 - std::pow(config.decay, n));
}

void add_values(ThreadPool& pool, double share, const Buffer& values, std::vector<float>& average) {
  constexpr std::size_t part = 1 << 14;
  pool.run((average.size() + part - 1) / part, [&](std::size_t index) {
    for (std::size_t at = index * part; at < std::min(average.size(), (index + 1) * part); ++at) {
      const auto before = static_cast<double>(average[at]);
      average[at] = static_cast<float>(before + share * (static_cast<double>(values[at]) - before));
    }
  });
}

}  // namespace

AveragingConfig averaging_from_json(const nlohmann::json& value, const std::string& origin) {
  AveragingConfig config;
  JsonReader reader(value, origin);
  config.kind = reader.get_word("kind", {"mean", "exponential"}) == 0 ? AveragingKind::mean
                                                                      : AveragingKind::exponential;
  if (config.kind == AveragingKind::mean)
    config.epochs = reader.get_between("epochs", 1, 10000);
  else
    config.decay = reader.get_between("decay", 0.0, 0.999999);
  reader.refuse_unknown();
  return config;
}

nlohmann::json to_json(const AveragingConfig& config) {
  if (config.kind == AveragingKind::mean) return {{"kind", "mean"}, {"epochs", config.epochs}};
  return {{"kind", "exponential"}, {"decay", config.decay}};
}

void add_step(ThreadPool& pool, const AveragingConfig& config, const std::vector<Parameter*>& parameters,
              Average& average) {
  const double share = newest_share(config, ++average.steps);
  if (average.values.empty())
    for (const Parameter* parameter : parameters) average.values.emplace_back(parameter->count());
  for (std::size_t p = 0; p < parameters.size(); ++p)
    add_values(pool, share, parameters[p]->value, average.values[p]);
}

}  // namespace wd::algo
