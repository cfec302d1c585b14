// SPDX-License-Identifier: Apache-2.0
// train.json there and back, and figures over seeds.
#include "flow/train_report.hpp"

#include <catch2/catch.hpp>

#include "base/error.hpp"

using namespace wd;
using namespace wd::flow;
using Catch::Contains;
using nlohmann::json;

namespace {

TrainReport report(double accuracy) {
  TrainReport r;
  r.config = {{"name", "x"}};
  r.seed = 3;
  r.threads = 2;
  r.seconds = 1.5;
  r.epoch = 4;
  r.accuracy_fp32 = accuracy;
  r.accuracy_fp8 = accuracy - 0.125;
  r.accuracy_hw = accuracy - 0.25;
  r.weights = 100;
  r.dense_parameters = 200;
  r.hardware.bytes = 17;
  r.hardware.cycles = 1000;
  r.history = json::array({{{"epoch", 1}}});
  r.compression = CompressionForecast{34, 5.0, std::nullopt};
  r.model_sha256 = "0cc175b9c0f1b6a831c399e269772661";
  r.images_sha256 = "92eb5ffee6ae2fec3ad71c777531578f";
  r.program_sha256 = "4a8a08f09d37b73795649038408b5f33";
  r.speed = TrainingSpeed{250, 0.125, 96};
  return r;
}

}  // namespace

TEST_CASE("train report: what is written is read again", "[flow]") {
  const json written = report(0.75).to_json();
  CHECK(TrainReport::from_json(written, "train.json").to_json() == written);
  TrainReport bare = report(0.75);
  bare.accuracy_hw = bare.hardware.cycles = std::nullopt;
  bare.compression.reset();
  bare.speed.reset();
  CHECK(TrainReport::from_json(bare.to_json(), "train.json").to_json() == bare.to_json());
  json older = bare.to_json();
  older.erase("speed");
  CHECK(TrainReport::from_json(older, "train.json").to_json() == bare.to_json());
  json row = written;
  row.erase("config");
  row.erase("history");
  CHECK(report(0.75).row_json() == row);
}

TEST_CASE("train report: speed is of the steps alone", "[flow]") {
  algo::TrainConfig config;
  config.batch = 32;
  algo::TrainResult result;
  CHECK_FALSE(report_of(config, result).speed);  // of an import
  result.seconds = 100;
  result.speed = {5, 8, 2};
  const TrainingSpeed speed = report_of(config, result).speed.value();
  CHECK(speed.images_per_second == 20);
  CHECK(speed.loading_share == 0.25);
  CHECK(speed.peak_mib > 1);
}

TEST_CASE("train report: wrong types and missing keys are refused by name", "[flow][bad-input]") {
  const json good = report(0.75).to_json();
  json bad = good;
  bad["accuracy_fp32"] = "high";
  CHECK_THROWS_WITH(TrainReport::from_json(bad, "train.json"),
                    Contains("train.json: 'accuracy_fp32' is \"high\""));
  bad = good;
  bad.erase("weights");
  CHECK_THROWS_WITH(TrainReport::from_json(bad, "train.json"),
                    Contains("train.json: key 'weights' is missing"));
  bad = good;
  bad["compressed_bytes"] = nullptr;
  CHECK_THROWS_WITH(TrainReport::from_json(bad, "train.json"), Contains("'offchip_ratio' is there without"));
  bad = good;
  bad["speed"].erase("peak_mib");
  CHECK_THROWS_WITH(TrainReport::from_json(bad, "train.json"),
                    Contains("train.json: speed: key 'peak_mib' is missing"));
}

TEST_CASE("train report: a figure that one run lacks has no mean", "[flow]") {
  std::vector<TrainReport> runs{report(0.5), report(0.75)};
  json spreads = spreads_of(runs).to_json();
  CHECK(spreads["accuracy_fp32"]["mean"] == 0.625);
  CHECK(spreads["accuracy_hw"]["mean"] == 0.375);
  CHECK(spreads["compressed_bytes"] == json{{"mean", 34.0}, {"deviation", 0.0}});
  CHECK(spreads["onchip_ratio"].is_null());
  runs[1].accuracy_hw.reset();
  CHECK(spreads_of(runs).to_json()["accuracy_hw"].is_null());
  CHECK(spreads_of({report(0.5)}).to_json()["accuracy_fp32"]["deviation"].is_null());
}
