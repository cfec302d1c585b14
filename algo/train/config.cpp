// SPDX-License-Identifier: Apache-2.0
#include "algo/train/config.hpp"

#include "base/files.hpp"
#include "base/json.hpp"

namespace wd::algo {
namespace {

using nlohmann::json;

template <typename T>
void read_between(JsonReader& reader, const char* key, T low, T high, T& value) {
  if (reader.has(key)) value = reader.get_between<T>(key, low, high);
}

void require_multiple_of_16(const JsonReader& reader, int channels) {
  WD_REQUIRE(channels % 16 == 0, reader.origin(), ": 'channels' is ", channels, ", must be a multiple of 16");
}

void read_stem(const json& value, const std::string& origin, StemConfig& stem) {
  JsonReader reader(value, origin + ": stem");
  read_between(reader, "patch", 1, 14, stem.patch);
  read_between(reader, "kernel", 1, 7, stem.kernel);
  read_between(reader, "channels", 16, 1024, stem.channels);
  reader.refuse_unknown();
  WD_REQUIRE(stem.kernel % 2 == 1, reader.origin(), ": 'kernel' is ", stem.kernel, ", must be odd");
  require_multiple_of_16(reader, stem.channels);
}

std::vector<StageConfig> read_stages(const json& value, const std::string& origin) {
  WD_REQUIRE(value.is_array() && !value.empty() && value.size() <= 8, origin,
             ": 'stages' must be a list of 1 to 8 stages");
  std::vector<StageConfig> stages;
  for (const json& item : value) {
    JsonReader reader(item, text(origin, ": stages[", stages.size(), "]"));
    StageConfig stage;
    stage.channels = reader.get_between("channels", 16, 1024);
    stage.stride = reader.get_between("stride", 1, 2);
    stage.iterations = reader.get_between("iterations", 1, 64);
    reader.refuse_unknown();
    require_multiple_of_16(reader, stage.channels);
    stages.push_back(stage);
  }
  return stages;
}

void read_supermask(const json& value, const std::string& origin, CoatConfig& supermask) {
  JsonReader reader(value, origin + ": supermask");
  read_between(reader, "coats", 1, 7, supermask.coats);
  if (reader.has("pruned")) supermask.pruned = reader.get<std::vector<double>>("pruned");
  reader.refuse_unknown();
  WD_REQUIRE(supermask.coats == 1 || supermask.coats == 3 || supermask.coats == 7, reader.origin(),
             ": 'coats' is ", supermask.coats, ", must be 1, 3 or 7 (INT2, INT3, INT4)");
  WD_REQUIRE(supermask.pruned.size() == static_cast<std::size_t>(supermask.coats), reader.origin(),
             ": 'pruned' has ", supermask.pruned.size(), " fractions for ", supermask.coats,
             " coats; give one per coat");
  double last = 0;
  for (double q : supermask.pruned) {
    WD_REQUIRE(q >= last && q < 1, reader.origin(), ": 'pruned' holds ", q,
               ", fractions must ascend and lie in 0 to 1 (1 excluded)");
    last = q;
  }
}

void read_schedule(JsonReader& reader, TrainConfig& config) {
  read_between(reader, "epochs", 1, 10000, config.epochs);
  read_between(reader, "fp8_epochs", 0, 10000, config.fp8_epochs);
  read_between(reader, "batch", 8, 4096, config.batch);
  read_between(reader, "lr", 1e-6, 100.0, config.lr);
  read_between(reader, "momentum", 0.0, 0.999, config.momentum);
  read_between(reader, "weight_decay", 0.0, 1.0, config.weight_decay);
  read_between(reader, "warmup_epochs", 0.0, 10000.0, config.warmup_epochs);
  read_between(reader, "label_smoothing", 0.0, 0.9, config.label_smoothing);
  WD_REQUIRE(config.fp8_epochs < config.epochs, reader.origin(), ": 'fp8_epochs' is ", config.fp8_epochs,
             ", must be below 'epochs' (", config.epochs, ")");
  WD_REQUIRE(config.warmup_epochs < config.epochs, reader.origin(), ": 'warmup_epochs' is ",
             config.warmup_epochs, ", must be below 'epochs' (", config.epochs, ")");
}

}  // namespace

TrainConfig config_from_json(const json& value, const std::string& origin) {
  TrainConfig config;
  JsonReader reader(value, origin);
  config.name = reader.get("name", config.name);
  config.seed = reader.get("seed", config.seed);
  if (reader.has("stem")) read_stem(reader.child("stem"), origin, config.stem);
  config.split_pixels = reader.get("split_pixels", config.split_pixels);
  if (reader.has("stages")) config.stages = read_stages(reader.child("stages"), origin);
  if (reader.has("supermask")) read_supermask(reader.child("supermask"), origin, config.supermask);
  read_schedule(reader, config);
  if (reader.has("augmentation")) {
    JsonReader augmentation(reader.child("augmentation"), origin + ": augmentation");
    config.augmentation.flip = augmentation.get("flip", config.augmentation.flip);
    read_between(augmentation, "shift", 0, 8, config.augmentation.shift);
    augmentation.refuse_unknown();
  }
  reader.refuse_unknown();
  return config;
}

TrainConfig load_config(const std::filesystem::path& path) {
  const Bytes bytes = read_file(path);
  json value;
  try {
    value = json::parse(bytes.begin(), bytes.end());
  } catch (const json::exception& error) {
    fail(path.string(), ": is not JSON (", error.what(), ")");
  }
  return config_from_json(value, path.string());
}

json to_json(const TrainConfig& config) {
  json stages = json::array();
  for (const StageConfig& s : config.stages)
    stages.push_back({{"channels", s.channels}, {"stride", s.stride}, {"iterations", s.iterations}});
  return {
      {"name", config.name},
      {"seed", config.seed},
      {"stem",
       {{"patch", config.stem.patch}, {"kernel", config.stem.kernel}, {"channels", config.stem.channels}}},
      {"split_pixels", config.split_pixels},
      {"stages", stages},
      {"supermask", {{"coats", config.supermask.coats}, {"pruned", config.supermask.pruned}}},
      {"epochs", config.epochs},
      {"fp8_epochs", config.fp8_epochs},
      {"batch", config.batch},
      {"lr", config.lr},
      {"momentum", config.momentum},
      {"weight_decay", config.weight_decay},
      {"warmup_epochs", config.warmup_epochs},
      {"label_smoothing", config.label_smoothing},
      {"augmentation", {{"flip", config.augmentation.flip}, {"shift", config.augmentation.shift}}}};
}

}  // namespace wd::algo
