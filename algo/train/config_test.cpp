// SPDX-License-Identifier: Apache-2.0
#include "algo/train/config.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "algo/networks/build.hpp"
#include "base/error.hpp"
#include "base/files.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;
using nlohmann::json;

namespace {

std::vector<std::filesystem::path> committed_files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(WD_CONFIG_FOLDER))
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  return files;
}

json parsed(const std::filesystem::path& path) {
  const Bytes bytes = read_file(path);
  return json::parse(bytes.begin(), bytes.end());
}

/// Whether `given`, where it names something, is what `full` says.
bool holds(const json& full, const json& given) {
  const json all = full.flatten(), some = given.flatten();
  for (const auto& item : some.items())
    if (!all.contains(item.key()) || all[item.key()] != item.value()) return false;
  return true;
}

/// What refuses the configuration; keys other than the network's are given with a small mlp.
std::string message(const std::string& text) {
  json value = json::parse(text);
  if (!value.contains("network")) value["network"] = {{"kind", "mlp"}};
  try {
    config_from_json(value, "c.json");
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("config: the committed files are the built-in configurations", "[algo][golden]") {
  const std::filesystem::path folder = WD_CONFIG_FOLDER;
  CHECK(to_json(load_config(folder / "hfn_fmnist.json")) == to_json(demo_config()));
  CHECK(to_json(load_config(folder / "hfn_fmnist_quick.json")) == to_json(quick_config()));
}

TEST_CASE("config: every committed file loads, says what it is, and survives a round trip",
          "[algo][round-trip]") {
  const std::vector<std::filesystem::path> files = committed_files();
  CHECK(files.size() >= 20);
  for (const std::filesystem::path& file : files) {
    INFO(file);
    const TrainConfig config = load_config(file);
    CHECK(config.name == file.stem().string());
    const json written = to_json(config);
    CHECK(to_json(config_from_json(written, "again")) == written);
    // What the file says is what was read; a preset is spelled
    // out, and a network's keys are checked in networks_test.
    json given = parsed(file);
    for (const char* key : {"network", "supermask"}) given.erase(key);
    CHECK(holds(written, given));
    const int side = config.dataset == "fashion-mnist" ? 28 : config.dataset.starts_with("cifar") ? 32 : 224;
    CHECK(build_graph(config.network, {side, side, side == 28 ? 1 : 3}, 10).weight_count() > 0);
  }
}

TEST_CASE("config: missing keys keep defaults; only the network must be there", "[algo]") {
  TrainConfig defaults;
  defaults.network.kind = NetworkKind::mlp;
  CHECK(to_json(config_from_json(json::parse(R"({"network": {"kind": "mlp"}})"), "x")) == to_json(defaults));
  CHECK(defaults.precision == Precision::bf16);
  CHECK(defaults.validation == 0);
  CHECK_THROWS_WITH(config_from_json(json::object(), "x"), Contains("x: key 'network' is missing"));
}

TEST_CASE("config: every key of the run survives a round trip", "[algo][round-trip]") {
  const json given = json::parse(R"({"name": "all", "dataset": "cifar10", "seed": 18446744073709551615,
    "network": {"kind": "res_mlp", "patch": 4, "dim": 8, "channel_dim": 12, "depth": 4, "folds": 2, "gelu": false,
                "norm": "batch", "layer_scale": 0.25, "affine": "folds", "shared_norm": true, "split_pixels": true},
    "supermask": {"coats": 5, "schedule": {"kind": "adaptive", "first": 0.6}},
    "optimizer": {"kind": "adamw", "weight_decay": 0.01, "decay_norms": false},
    "schedule": {"kind": "step", "rate": 0.2, "milestones": [3, 5], "factor": 0.5},
    "epochs": 9, "adapt_epochs": 2, "batch": 32, "precision": "fp32", "label_smoothing": 0.1, "validation": 0.25,
    "augmentation": {"flip": true, "crop": 2, "cutout": 8, "mixup": 0.5},
    "quantization": {"fp8_epochs": 3, "format": "e5m2"}})");
  const TrainConfig config = config_from_json(given, "x");
  CHECK(config.seed == 18446744073709551615u);
  CHECK(config.quantization.format == Fp8Format::e5m2);
  CHECK(config.augmentation.cutout == 8);
  CHECK(config.fp32_epochs() == 6);
  CHECK(holds(to_json(config), given));
  CHECK(to_json(config_from_json(to_json(config), "x")) == to_json(config));
  const json files = json::parse(R"({"dataset": "imagenet", "image_size": 64, "network": {"kind": "mlp"},
    "augmentation": {"resized_crop": 0.08}})");
  CHECK(holds(to_json(config_from_json(files, "x")), files));
  for (const char* averaging :
       {R"({"kind": "mean", "epochs": 3})", R"({"kind": "exponential", "decay": 0.99})"}) {
    const json value{{"network", {{"kind", "mlp"}}}, {"averaging", json::parse(averaging)}};
    const json written = to_json(config_from_json(value, "x"));
    CHECK(written["averaging"] == value["averaging"]);
    CHECK(to_json(config_from_json(written, "x")) == written);
  }
}

TEST_CASE("config: a name and a teacher's place decide nothing, its weight does", "[algo]") {
  const auto of = [](const char* text) {
    json value{{"network", {{"kind", "mlp"}}}};
    value.update(json::parse(text));
    const json written = to_json(config_from_json(value, "x"));
    CHECK(to_json(config_from_json(written, "x")) == written);
    return deciding(written);
  };
  const json given =
      of(R"({"name": "a", "distillation": {"teacher": "run1", "weight": 0.5, "temperature": 2}})");
  CHECK(given ==
        of(R"({"name": "b", "distillation": {"teacher": "run2", "weight": 0.5, "temperature": 2}})"));
  CHECK(given != of(R"({"distillation": {"teacher": "run1", "weight": 0.6, "temperature": 2}})"));
  CHECK(given != of("{}"));
}

TEST_CASE("config: bad values of the run are refused with key and value", "[algo][bad-input]") {
  CHECK_THAT(message(R"({"epoch": 3})"), Contains("c.json: unknown key 'epoch'; known keys are"));
  CHECK_THAT(message(R"({"seed": -1})"), Contains("'seed' is -1"));
  CHECK_THAT(message(R"({"epochs": 0})"), Contains("'epochs' is 0, must be 1 to 10000"));
  CHECK_THAT(message(R"({"batch": 2.5})"), Contains("'batch' is 2.5, must be a whole number"));
  CHECK_THAT(message(R"({"batch": 5000})"), Contains("'batch' is 5000, must be 1 to 4096"));
  CHECK_THAT(message(R"({"precision": "fp64"})"),
             Contains("'precision' is \"fp64\", must be one of bf16, fp32"));
  CHECK_THAT(message(R"({"validation": 1})"), Contains("'validation' is 1, must be 0 to 0.9"));
  CHECK_THAT(message(R"({"label_smoothing": -0.1})"), Contains("'label_smoothing' is -0.1"));
  CHECK_THAT(message(R"({"epochs": 3, "quantization": {"fp8_epochs": 3}})"),
             Contains("quantization: 'fp8_epochs' is 3, must be below 'epochs' (3)"));
  CHECK_THAT(message(R"({"quantization": {"format": "e2m5"}})"),
             Contains("quantization: 'format' is \"e2m5\", must be one of e4m3, e5m2, e3m4"));
  CHECK_THAT(message(R"({"augmentation": {"crop": 65}})"),
             Contains("augmentation: 'crop' is 65, must be 0 to 64"));
  CHECK_THAT(message(R"({"augmentation": {"resized_crop": 0.08}})"),
             Contains("'resized_crop' needs picture files, which only imagenet and folder have"));
  CHECK_THAT(message(R"({"augmentation": {"shift": 1}})"), Contains("augmentation: unknown key 'shift'"));
  CHECK_THAT(message(R"({"epochs": 2, "schedule": {"kind": "cosine", "rate": 0.1, "warmup_epochs": 2}})"),
             Contains("schedule: 'warmup_epochs' is 2, must be below 'epochs' (2)"));
  CHECK_THAT(message(R"({"epochs": 4, "adapt_epochs": 3, "quantization": {"fp8_epochs": 1},
                        "supermask": {"schedule": {"kind": "adaptive", "first": 0.7}}})"),
             Contains("'adapt_epochs' is 3, must be below the epochs before FP8 (3)"));
  CHECK_THAT(message(R"({"epochs": 4, "quantization": {"fp8_epochs": 1},
                        "supermask": {"sparsity_warmup": {"epochs": 3}}})"),
             Contains("sparsity_warmup: 'epochs' is 3, must be below the epochs before FP8 (3)"));
  CHECK_THAT(message(R"({"epochs": 4, "averaging": {"kind": "mean", "epochs": 5}})"),
             Contains("averaging: 'epochs' is 5, must be at most all 'epochs' (4)"));
  CHECK_THAT(message(R"({"validation": 0.1, "averaging": {"kind": "exponential", "decay": 0.9}})"),
             Contains("has both 'averaging' and 'validation'"));
  CHECK_THAT(message(R"({"distillation": {}})"), Contains("c.json: distillation: key 'teacher' is missing"));
  CHECK_THAT(message(R"({"distillation": {"teacher": ""}})"), Contains("name the folder of a training"));
  CHECK_THAT(message(R"({"distillation": {"teacher": "x", "weight": 0}})"),
             Contains("'weight' is 0, must be"));
  CHECK_THAT(message(R"({"distillation": {"teacher": "x", "temperature": 0}})"),
             Contains("distillation: 'temperature' is 0, must be 0.1 to 100"));
  CHECK_THAT(message(R"({"distillation": {"teacher": "x", "alpha": 1}})"), Contains("unknown key 'alpha'"));
  CHECK_THAT(message(R"({"schedule": {"kind": "cosine", "rate": "fast"}})"),
             Contains("'rate' is \"fast\", must be a number"));
  CHECK_THAT(message(R"({"optimizer": {"kind": "lamb"}})"), Contains("c.json: optimizer: 'kind' is"));
  CHECK_THAT(message(R"({"supermask": {"coats": 8}})"), Contains("c.json: supermask: 'coats' is 8"));
  CHECK_THROWS_WITH(load_config("/nonexistent/c.json"), Contains("/nonexistent/c.json"));
}

TEST_CASE("config: bad networks are refused with key and value", "[algo][bad-input]") {
  const auto network = [](const std::string& text) { return message(R"({"network": )" + text + "}"); };
  CHECK_THAT(network(R"({"patch": 4})"), Contains("c.json: network: key 'kind' is missing"));
  CHECK_THAT(network(R"({"kind": "mlp", "hidden": [0]})"),
             Contains("network: 'hidden' holds 0, must be 1 to"));
  CHECK_THAT(network(R"({"kind": "mlp", "patch": 4})"), Contains("unknown key 'patch'"));
  CHECK_THAT(network(R"({"kind": "conv", "depth": 5})"), Contains("'depth' is 5, must be 2, 4, 6 or 8"));
  CHECK_THAT(network(R"({"kind": "resnet", "stages": []})"), Contains("'stages' must be a list of 1 to 8"));
  const auto stage = [&](const std::string& text) {
    return network(R"({"kind": "resnet", "stages": [)" + text + "]}");
  };
  CHECK_THAT(stage(R"({"channels": 0, "blocks": 1, "stride": 1})"), Contains("stages[0]: 'channels' is 0"));
  CHECK_THAT(stage(R"({"channels": 8, "blocks": 1, "stride": 3})"),
             Contains("'stride' is 3, must be 1 to 2"));
  CHECK_THAT(stage(R"({"channels": 8, "blocks": 1, "stride": 1, "folded": true})"),
             Contains("'blocks' is 1, a folded stage needs at least 2"));
  CHECK_THAT(network(R"({"kind": "resnet", "preset": "resnet18", "block": "basic"})"),
             Contains("'block' cannot be given with 'preset'; leave one out"));
  CHECK_THAT(network(R"({"kind": "resnet", "preset": "resnet18", "form": "tiny"})"),
             Contains("'form' is \"tiny\", must be one of cifar, imagenet"));
  CHECK_THAT(network(R"({"kind": "resnet", "preset": "resnet18", "stem": {"kernel": 2}})"),
             Contains("stem: 'kernel' is 2, must be odd"));
  CHECK_THAT(network(R"({"kind": "resnet", "preset": "resnet18", "affine": "some"})"),
             Contains("'affine' is \"some\", must be one of none, folds, all"));
  CHECK_THAT(network(R"({"kind": "mixer", "norm": "affine"})"),
             Contains("'norm' is \"affine\", must be one of layer, batch"));
  CHECK_THAT(network(R"({"kind": "res_mlp", "norm": "layer"})"),
             Contains("'norm' is \"layer\", must be one of affine, batch"));
  CHECK_THAT(network(R"({"kind": "res_mlp", "layer_scale": 0})"), Contains("'layer_scale' is 0"));
  CHECK_THAT(network(R"({"kind": "res_mlp", "token_dim": 8})"), Contains("unknown key 'token_dim'"));
}
