// SPDX-License-Identifier: Apache-2.0
#include "algo/train/config.hpp"

#include "base/files.hpp"
#include "base/json.hpp"

namespace wd::algo {
namespace {

using nlohmann::json;

const std::vector<std::string> formats{"e4m3", "e5m2", "e3m4"};

void read_augmentation(const json& value, const std::string& origin, Augmentation& augmentation) {
  JsonReader reader(value, origin + ": augmentation");
  augmentation.flip = reader.get("flip", augmentation.flip);
  reader.read_between("crop", 0, 64, augmentation.crop);
  reader.read_between("cutout", 0, 256, augmentation.cutout);
  reader.read_between("mixup", 0.0, 100.0, augmentation.mixup);
  reader.read_between("resized_crop", 0.0, 1.0, augmentation.resized_crop);
  reader.refuse_unknown();
}

void read_quantization(const json& value, const std::string& origin, QuantizationConfig& quantization) {
  JsonReader reader(value, origin + ": quantization");
  reader.read_between("fp8_epochs", 0, 10000, quantization.fp8_epochs);
  if (reader.has("format")) quantization.format = static_cast<Fp8Format>(reader.get_word("format", formats));
  reader.refuse_unknown();
}

void read_distillation(const json& value, const std::string& origin, DistillationConfig& distillation) {
  JsonReader reader(value, origin + ": distillation");
  distillation.teacher = reader.get<std::string>("teacher");
  WD_REQUIRE(distillation.on(), reader.origin(),
             ": 'teacher' is \"\"; name the folder of a training, or leave 'distillation' out");
  reader.read_between("weight", 0.001, 1.0, distillation.weight);
  reader.read_between("temperature", 0.1, 100.0, distillation.temperature);
  reader.refuse_unknown();
}

void check(const TrainConfig& config, const std::string& origin) {
  WD_REQUIRE(
      config.augmentation.resized_crop == 0 || config.dataset == "imagenet" || config.dataset == "folder",
      origin,
      ": augmentation: 'resized_crop' needs picture files, which only imagenet and folder have; use 'crop' "
      "for ",
      config.dataset);
  const int fp8 = config.quantization.fp8_epochs;
  WD_REQUIRE(fp8 < config.epochs, origin, ": quantization: 'fp8_epochs' is ", fp8,
             ", must be below 'epochs' (", config.epochs, ")");
  WD_REQUIRE(config.schedule.warmup_epochs < config.epochs, origin, ": schedule: 'warmup_epochs' is ",
             config.schedule.warmup_epochs, ", must be below 'epochs' (", config.epochs, ")");
  if (config.supermask.schedule == CoatSchedule::adaptive && config.supermask.method == MaskMethod::supermask)
    WD_REQUIRE(config.adapt_epochs < config.fp32_epochs(), origin, ": 'adapt_epochs' is ",
               config.adapt_epochs, ", must be below the epochs before FP8 (", config.fp32_epochs(), ")");
  const AveragingConfig& averaging = config.averaging;
  WD_REQUIRE(averaging.kind != AveragingKind::mean || averaging.epochs <= config.epochs, origin,
             ": averaging: 'epochs' is ", averaging.epochs, ", must be at most all 'epochs' (", config.epochs,
             ")");
  WD_REQUIRE(!averaging.on() || config.validation == 0, origin,
             ": has both 'averaging' and 'validation', which choose the network, an average or the best "
             "epoch's; leave one of them out");
  const SparsityWarmup& warmup = config.supermask.sparsity_warmup;
  WD_REQUIRE(warmup.epochs < config.fp32_epochs(), origin, ": supermask: sparsity_warmup: 'epochs' is ",
             warmup.epochs, ", must be below the epochs before FP8 (", config.fp32_epochs(), ")");
}

}  // namespace

TrainConfig config_from_json(const json& value, const std::string& origin) {
  TrainConfig config;
  JsonReader reader(value, origin);
  config.name = reader.get("name", config.name);
  config.dataset = reader.get("dataset", config.dataset);
  reader.read_between("image_size", 1, 1024, config.image_size);
  config.seed = reader.get("seed", config.seed);
  config.network = network_from_json(reader.child("network"), origin);
  if (reader.has("supermask"))
    config.supermask = mask_config_from_json(reader.child("supermask"), origin + ": supermask");
  if (reader.has("optimizer"))
    config.optimizer = optimizer_config_from_json(reader.child("optimizer"), origin + ": optimizer");
  if (reader.has("schedule"))
    config.schedule = rate_schedule_from_json(reader.child("schedule"), origin + ": schedule");
  reader.read_between("epochs", 1, 10000, config.epochs);
  reader.read_between("adapt_epochs", 1, 10000, config.adapt_epochs);
  reader.read_between("batch", 1, 4096, config.batch);
  config.precision = Precision::bf16;
  if (reader.has("precision") && reader.get_word("precision", {"bf16", "fp32"}) == 1)
    config.precision = Precision::fp32;
  reader.read_between("label_smoothing", 0.0, 0.9, config.label_smoothing);
  reader.read_between("validation", 0.0, 0.9, config.validation);
  if (reader.has("augmentation"))
    read_augmentation(reader.child("augmentation"), origin, config.augmentation);
  if (reader.has("quantization"))
    read_quantization(reader.child("quantization"), origin, config.quantization);
  if (reader.has("averaging"))
    config.averaging = averaging_from_json(reader.child("averaging"), origin + ": averaging");
  if (reader.has("distillation"))
    read_distillation(reader.child("distillation"), origin, config.distillation);
  reader.refuse_unknown();
  check(config, origin);
  return config;
}

TrainConfig load_config(const std::filesystem::path& path) {
  return config_from_json(parse_json(read_file(path), path.string() + ":"), path.string());
}

json to_json(const TrainConfig& config) {
  const Augmentation& a = config.augmentation;
  json augmentation{{"flip", a.flip}, {"crop", a.crop}, {"cutout", a.cutout}, {"mixup", a.mixup}};
  // Left out where it is off: checkpoints and studies of before there was this key go on.
  if (a.resized_crop != 0) augmentation["resized_crop"] = a.resized_crop;
  json value{{"name", config.name},
             {"dataset", config.dataset},
             {"image_size", config.image_size},
             {"seed", config.seed},
             {"network", to_json(config.network)},
             {"supermask", to_json(config.supermask)},
             {"optimizer", to_json(config.optimizer)},
             {"schedule", to_json(config.schedule)},
             {"epochs", config.epochs},
             {"adapt_epochs", config.adapt_epochs},
             {"batch", config.batch},
             {"precision", config.precision == Precision::fp32 ? "fp32" : "bf16"},
             {"label_smoothing", config.label_smoothing},
             {"validation", config.validation},
             {"augmentation", augmentation},
             {"quantization",
              {{"fp8_epochs", config.quantization.fp8_epochs},
               {"format", formats[static_cast<std::size_t>(config.quantization.format)]}}}};
  if (config.averaging.on()) value["averaging"] = to_json(config.averaging);
  if (const DistillationConfig& d = config.distillation; d.on())
    value["distillation"] = {{"teacher", d.teacher}, {"weight", d.weight}, {"temperature", d.temperature}};
  return value;
}

json deciding(json config) {
  if (!config.is_object()) return config;
  config.erase("name");
  if (config.contains("distillation") && config["distillation"].is_object())
    config["distillation"].erase("teacher");
  return config;
}

}  // namespace wd::algo
