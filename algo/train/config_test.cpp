// SPDX-License-Identifier: Apache-2.0
#include "algo/train/config.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "algo/train/trainer.hpp"
#include "base/error.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;
using nlohmann::json;

TEST_CASE("config: the committed files are the built-in configurations", "[algo][golden]") {
  const std::filesystem::path folder = WD_CONFIG_FOLDER;
  CHECK(to_json(load_config(folder / "hfn_fmnist.json")) == to_json(demo_config()));
  CHECK(to_json(load_config(folder / "hfn_fmnist_quick.json")) == to_json(quick_config()));
}

TEST_CASE("config: JSON survives a round trip; missing keys keep defaults", "[algo][round-trip]") {
  TrainConfig config = demo_config();
  config.supermask = {7, {0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99}};
  config.split_pixels = true;
  CHECK(to_json(config_from_json(to_json(config), "x")) == to_json(config));
  CHECK(to_json(config_from_json(json::object(), "x")) == to_json(TrainConfig{}));
}

TEST_CASE("config: bad values are refused with key and value", "[algo][bad-input]") {
  const auto message = [](const char* text) {
    try {
      config_from_json(json::parse(text), "c.json");
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK_THAT(message(R"({"epoch": 3})"), Contains("c.json: unknown key 'epoch'; known keys are"));
  CHECK_THAT(message(R"({"lr": "fast"})"), Contains("'lr' is \"fast\", must be a number"));
  CHECK_THAT(message(R"({"lr": -1})"), Contains("'lr' is -1, must be"));
  CHECK_THAT(message(R"({"seed": -1})"), Contains("'seed' is -1"));
  CHECK_THAT(message(R"({"epochs": 3, "fp8_epochs": 3})"),
             Contains("'fp8_epochs' is 3, must be below 'epochs' (3)"));
  CHECK_THAT(message(R"({"stages": []})"), Contains("'stages' must be a list of 1 to 8 stages"));
  CHECK_THAT(message(R"({"stages": [{"channels": 40, "stride": 1, "iterations": 1}]})"),
             Contains("stages[0]: 'channels' is 40, must be a multiple of 16"));
  CHECK_THAT(message(R"({"stages": [{"channels": 32, "stride": 3, "iterations": 1}]})"),
             Contains("'stride' is 3"));
  CHECK_THAT(message(R"({"stem": {"kernel": 2}})"), Contains("stem: 'kernel' is 2, must be odd"));
  CHECK_THAT(message(R"({"supermask": {"coats": 2}})"), Contains("'coats' is 2, must be 1, 3 or 7"));
  CHECK_THAT(message(R"({"supermask": {"coats": 1}})"), Contains("'pruned' has 3 fractions for 1 coats"));
  CHECK_THAT(message(R"({"supermask": {"pruned": [0.7, 0.6, 0.9]}})"), Contains("'pruned' holds 0.6"));
  CHECK_THAT(message(R"({"augmentation": {"shift": 9}})"),
             Contains("augmentation: 'shift' is 9, must be 0 to 8"));
  CHECK_THROWS_WITH(load_config("/nonexistent/c.json"), Contains("/nonexistent/c.json"));
}

TEST_CASE("learning rate: linear warm-up, then a cosine to zero", "[algo]") {
  TrainConfig config;
  config.epochs = 10;
  config.warmup_epochs = 1;
  config.lr = 0.2;
  CHECK(learning_rate(config, 100, 0) == Approx(0.2 / 101));
  CHECK(learning_rate(config, 100, 100) == Approx(0.2));
  CHECK(learning_rate(config, 100, 550) == Approx(0.1));
  CHECK(learning_rate(config, 100, 999) < 1e-5);
}
