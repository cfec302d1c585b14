// SPDX-License-Identifier: Apache-2.0
#include "algo/supermask/mask_config.hpp"

#include <array>
#include <cmath>
#include <utility>

#include "base/json.hpp"

namespace wd::algo {
namespace {

using nlohmann::json;

template <typename Enum, std::size_t Size>
using Names = std::array<std::pair<const char*, Enum>, Size>;

constexpr Names<MaskMethod, 3> methods{{{"dense", MaskMethod::dense},
                                        {"supermask", MaskMethod::supermask},
                                        {"signed_threshold", MaskMethod::signed_threshold}}};
constexpr Names<MaskSigns, 2> sign_names{{{"random", MaskSigns::random}, {"learned", MaskSigns::learned}}};
constexpr Names<CoatSchedule, 4> schedules{{{"literal", CoatSchedule::literal},
                                            {"uniform", CoatSchedule::uniform},
                                            {"linear", CoatSchedule::linear},
                                            {"adaptive", CoatSchedule::adaptive}}};
constexpr Names<MaskScope, 2> scopes{{{"layer", MaskScope::layer}, {"global", MaskScope::global}}};
constexpr Names<WeightInit, 2> inits{
    {{"signed_constant", WeightInit::signed_constant}, {"kaiming_normal", WeightInit::kaiming_normal}}};
constexpr Names<ScoreInit, 4> score_inits{{{"kaiming_uniform", ScoreInit::kaiming_uniform},
                                           {"kaiming_normal_fan_in", ScoreInit::kaiming_normal_fan_in},
                                           {"kaiming_normal_fan_out", ScoreInit::kaiming_normal_fan_out},
                                           {"xavier_uniform", ScoreInit::xavier_uniform}}};
constexpr Names<ScoreGradient, 2> gradients{
    {{"per_coat", ScoreGradient::per_coat}, {"once", ScoreGradient::once}}};
constexpr Names<Distribution, 3> distributions{{{"uniform", Distribution::uniform},
                                                {"erk", Distribution::erk},
                                                {"equal_per_layer", Distribution::equal_per_layer}}};

template <typename Enum, std::size_t Size>
void read_enum(JsonReader& reader, const char* key, const Names<Enum, Size>& names, Enum& value) {
  if (!reader.has(key)) return;
  std::vector<std::string> words;
  for (const auto& one : names) words.emplace_back(one.first);
  value = names[reader.get_word(key, words)].second;
}

template <typename Enum, std::size_t Size>
const char* name_of(const Names<Enum, Size>& names, Enum value) {
  for (const auto& [name, meaning] : names)
    if (meaning == value) return name;
  return "";
}

void read_bool(JsonReader& reader, const char* key, bool& value) { value = reader.get(key, value); }

void read_schedule(JsonReader& reader, MaskConfig& config) {
  JsonReader schedule(reader.child("schedule"), reader.origin() + ": schedule");
  WD_REQUIRE(schedule.has("kind"), schedule.origin(), ": key 'kind' is missing");
  read_enum(schedule, "kind", schedules, config.schedule);
  double first = 0.7;
  if (config.schedule != CoatSchedule::literal) first = schedule.get_between("first", 0.0, 0.9999);
  schedule.refuse_unknown();
  WD_REQUIRE(config.schedule != CoatSchedule::literal || config.coats == 3, schedule.origin(),
             ": the literal schedule has 3 coats, 'coats' is ", config.coats);
  config.pruned = coat_fractions(config.schedule, config.coats, first);
}

void read_pruned(JsonReader& reader, MaskConfig& config) {
  config.pruned = reader.get_all_between("pruned", 0.0, 1.0);
  if (!reader.has("coats")) config.coats = static_cast<int>(std::min<std::size_t>(config.pruned.size(), 8));
  WD_REQUIRE(config.coats >= 1 && config.coats <= 7, reader.origin(), ": 'pruned' has ", config.pruned.size(),
             " fractions, must be 1 to 7");
}

void read_coats(JsonReader& reader, MaskConfig& config) {
  reader.read_between("coats", 1, 7, config.coats);
  WD_REQUIRE(!reader.has("pruned") || !reader.has("schedule"), reader.origin(),
             ": has both 'pruned' and 'schedule'; give one of them");
  if (reader.has("schedule")) read_schedule(reader, config);
  if (reader.has("pruned")) read_pruned(reader, config);
  WD_REQUIRE(config.pruned.size() == static_cast<std::size_t>(config.coats), reader.origin(),
             ": 'pruned' has ", config.pruned.size(), " fractions for ", config.coats,
             " coats; give one per coat, or a 'schedule'");
  double last = 0;
  for (double q : config.pruned) {
    WD_REQUIRE(q >= last && q < 1, reader.origin(), ": 'pruned' holds ", q,
               ", fractions must ascend and lie in 0 to 1 (1 excluded)");
    last = q;
  }
}

void read_sparsity_warmup(JsonReader& reader, MaskConfig& config) {
  SparsityWarmup& warmup = config.sparsity_warmup;
  JsonReader part(reader.child("sparsity_warmup"), reader.origin() + ": sparsity_warmup");
  warmup.epochs = part.get_between("epochs", 0.001, 10000.0);
  part.read_between("start", 0.0, 1.0, warmup.start);
  part.refuse_unknown();
  WD_REQUIRE(config.schedule != CoatSchedule::adaptive, part.origin(),
             ": the adaptive schedule finds its coats after a phase of its own; choose another 'schedule', "
             "or leave the warm-up out");
  WD_REQUIRE(warmup.start < config.pruned.front(), part.origin(), ": 'start' is ", warmup.start,
             ", must be below the first coat's pruned fraction ", config.pruned.front());
}

void read_freeze(JsonReader& reader, MaskConfig& config) {
  FreezeConfig& freeze = config.freeze;
  JsonReader part(reader.child("freeze"), reader.origin() + ": freeze");
  part.read_between("pruned", 0.0, 1.0, freeze.pruned);
  part.read_between("locked", 0.0, 1.0, freeze.locked);
  part.read_between("balanced", 0.0, 1.0, freeze.balanced);
  read_enum(part, "distribution", distributions, freeze.distribution);
  part.refuse_unknown();
  WD_REQUIRE(freeze.balanced == 0 || freeze.pruned + freeze.locked == 0, part.origin(),
             ": 'balanced' chooses 'pruned' and 'locked' itself; leave them out");
  constexpr double rounding = 1e-9;  // 1 - 0.9 is a little below 0.1
  WD_REQUIRE(freeze.pruned + freeze.locked <= 1 + rounding, part.origin(),
             ": 'pruned' and 'locked' add up to ", freeze.pruned + freeze.locked, ", must be at most 1");
  if (config.method != MaskMethod::supermask) {
    WD_REQUIRE(freeze.balanced == 0, part.origin(),
               ": 'balanced' needs the densities of method \"supermask\"");
    return;
  }
  const double least =
      config.schedule == CoatSchedule::adaptive ? config.pruned.front() : config.pruned.back();
  WD_REQUIRE(freeze.pruned <= config.pruned.front(), part.origin(), ": 'pruned' is ", freeze.pruned,
             ", above the first coat's pruned fraction ", config.pruned.front(),
             "; freeze fewer or prune more");
  WD_REQUIRE(freeze.locked <= 1 - least + rounding, part.origin(), ": 'locked' is ", freeze.locked,
             ", above what the last coat keeps (", 1 - least, "); lock fewer or prune less");
}

void read_scale(JsonReader& reader, MaskConfig& config) {
  if (config.method == MaskMethod::supermask) read_bool(reader, "scaled", config.scaled);
  read_bool(reader, "dynamic_scaled", config.dynamic_scaled);
  if (config.dynamic_scaled && !reader.has("scaled")) config.scaled = false;
  reader.read_between("gain", 1e-6, 1e6, config.gain);
  WD_REQUIRE(!config.scaled || !config.dynamic_scaled, reader.origin(),
             ": 'scaled' and 'dynamic_scaled' are both true; choose one");
}

/// The keys that the supermask and the signed threshold share.
void read_masked(JsonReader& reader, MaskConfig& config) {
  read_scale(reader, config);
  read_enum(reader, "scores", score_inits, config.scores);
  if (reader.has("freeze")) read_freeze(reader, config);
  read_bool(reader, "dense_first", config.dense_first);
  read_bool(reader, "dense_last", config.dense_last);
}

void read_supermask(JsonReader& reader, MaskConfig& config) {
  read_enum(reader, "signs", sign_names, config.signs);
  read_coats(reader, config);
  if (reader.has("sparsity_warmup")) read_sparsity_warmup(reader, config);
  read_enum(reader, "scope", scopes, config.scope);
  read_enum(reader, "distribution", distributions, config.distribution);
  read_enum(reader, "init", inits, config.init);
  read_enum(reader, "score_gradient", gradients, config.score_gradient);
  WD_REQUIRE(config.scope == MaskScope::layer || config.distribution == Distribution::uniform,
             reader.origin(),
             ": 'distribution' shares the kept weights among the layers, which scope \"global\" leaves to "
             "the scores; "
             "leave it out");
  WD_REQUIRE(config.init == WeightInit::signed_constant || config.signs == MaskSigns::random, reader.origin(),
             ": learned signs leave no random weights, so 'init' must be \"signed_constant\"");
  read_masked(reader, config);
}

void read_signed_threshold(JsonReader& reader, MaskConfig& config) {
  config.signs = MaskSigns::learned;
  config.coats = 1;
  config.pruned = {0};
  config.scaled = false;
  config.score_gradient = ScoreGradient::once;
  if (reader.has("signs")) {
    read_enum(reader, "signs", sign_names, config.signs);
    WD_REQUIRE(config.signs == MaskSigns::learned, reader.origin(),
               ": 'signs' is \"random\", method \"signed_threshold\" always learns them");
  }
  reader.read_between("threshold", 0.0, 1e6, config.threshold);
  read_masked(reader, config);
}

json freeze_json(const FreezeConfig& freeze) {
  json value{{"distribution", name_of(distributions, freeze.distribution)}};
  if (freeze.balanced > 0) {
    value["balanced"] = freeze.balanced;
  } else {
    value["pruned"] = freeze.pruned;
    value["locked"] = freeze.locked;
  }
  return value;
}

void write_supermask(const MaskConfig& config, json& value) {
  value["signs"] = name_of(sign_names, config.signs);
  value["coats"] = config.coats;
  if (config.schedule == CoatSchedule::list) {
    value["pruned"] = config.pruned;
  } else {
    value["schedule"] = {{"kind", name_of(schedules, config.schedule)}};
    if (config.schedule != CoatSchedule::literal) value["schedule"]["first"] = config.pruned.front();
  }
  // Left out where there is none: checkpoints and studies of before there was this key go on.
  if (config.sparsity_warmup.any())
    value["sparsity_warmup"] = {{"epochs", config.sparsity_warmup.epochs},
                                {"start", config.sparsity_warmup.start}};
  value["scope"] = name_of(scopes, config.scope);
  value["distribution"] = name_of(distributions, config.distribution);
  value["init"] = name_of(inits, config.init);
  value["scaled"] = config.scaled;
  value["score_gradient"] = name_of(gradients, config.score_gradient);
}

}  // namespace

std::vector<double> coat_fractions(CoatSchedule schedule, int coats, double first) {
  // The published three coats keep these shares of what the first one keeps; further ones continue the power
  // law through the second and third.
  constexpr std::array<double, 3> shares{1, 0.0788 / 0.3, 0.0315 / 0.3};
  const double exponent = std::log(shares[1] / shares[2]) / std::log(1.5);
  if (schedule == CoatSchedule::literal) return {0.7, 0.9212, 0.9685};
  std::vector<double> pruned;
  for (int n = 1; n <= coats; ++n) {
    double share = static_cast<double>(coats - n + 1) / coats;
    if (schedule != CoatSchedule::uniform)
      share = n <= 3 ? shares[static_cast<std::size_t>(n - 1)] : shares[2] * std::pow(3.0 / n, exponent);
    pruned.push_back(n == 1 ? first : 1 - (1 - first) * share);
  }
  return pruned;
}

MaskConfig mask_config_from_json(const json& value, const std::string& origin) {
  MaskConfig config;
  JsonReader reader(value, origin);
  read_enum(reader, "method", methods, config.method);
  switch (config.method) {
    case MaskMethod::dense:
      config.init = WeightInit::kaiming_normal;
      read_enum(reader, "init", inits, config.init);
      break;
    case MaskMethod::supermask:
      read_supermask(reader, config);
      break;
    case MaskMethod::signed_threshold:
      read_signed_threshold(reader, config);
      break;
  }
  reader.refuse_unknown();
  return config;
}

json to_json(const MaskConfig& config) {
  json value{{"method", name_of(methods, config.method)}};
  if (config.method == MaskMethod::dense) {
    value["init"] = name_of(inits, config.init);
    return value;
  }
  if (config.method == MaskMethod::supermask) write_supermask(config, value);
  if (config.method == MaskMethod::signed_threshold) value["threshold"] = config.threshold;
  value["dynamic_scaled"] = config.dynamic_scaled;
  value["gain"] = config.gain;
  value["scores"] = name_of(score_inits, config.scores);
  if (config.freeze != FreezeConfig{}) value["freeze"] = freeze_json(config.freeze);
  value["dense_first"] = config.dense_first;
  value["dense_last"] = config.dense_last;
  return value;
}

}  // namespace wd::algo
