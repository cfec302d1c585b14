// SPDX-License-Identifier: Apache-2.0
#include "algo/supermask/mask_config.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/error.hpp"

using namespace wd::algo;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

MaskConfig parse(const char* text) {
  return mask_config_from_json(json::parse(text), "train.json: supermask");
}

std::string message(const char* text) {
  try {
    parse(text);
  } catch (const wd::Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("mask config: an empty object is three literal coats with random signs", "[algo]") {
  const MaskConfig config = parse("{}");
  CHECK(config == MaskConfig{});
  CHECK(config.pruned == std::vector<double>{0.7, 0.9212, 0.9685});
}

TEST_CASE("mask config: every key survives a round trip", "[algo][round trip]") {
  for (
      const char* text : {
          R"({})",
          R"({"method": "dense"})",
          R"({"method": "dense", "init": "signed_constant"})",
          R"({"signs": "learned", "coats": 7, "schedule": {"kind": "uniform", "first": 0.5}})",
          R"({"coats": 2, "pruned": [0.25, 0.5], "scope": "global", "scores": "kaiming_uniform"})",
          R"({"schedule": {"kind": "literal"}, "score_gradient": "once", "dense_first": true, "gain": 1.5})",
          R"({"coats": 5, "schedule": {"kind": "linear", "first": 0.6}, "distribution": "erk"})",
          R"({"scaled": false, "dense_last": true})",
          R"({"coats": 3, "schedule": {"kind": "adaptive", "first": 0.6}, "init": "kaiming_normal"})",
          R"({"coats": 1, "pruned": [0.7], "freeze": {"pruned": 0.4, "locked": 0.2, "distribution": "erk"}})",
          R"({"coats": 1, "pruned": [0.7], "freeze": {"balanced": 0.5}, "dynamic_scaled": true})",
          R"({"method": "signed_threshold", "threshold": 0.4, "gain": 1.2247, "scores": "xavier_uniform"})",
          R"({"pruned": [0.95], "scope": "global", "sparsity_warmup": {"epochs": 4.5, "start": 0.5}})",
      }) {
    INFO(text);
    const MaskConfig config = parse(text);
    CHECK(mask_config_from_json(to_json(config), "again") == config);
    const json given = json::parse(text), written = to_json(config);
    for (const auto& item : given.items())
      if (!item.value().is_object()) CHECK(written.at(item.key()) == item.value());
  }
}

TEST_CASE("mask config: schedules", "[algo][oracle]") {
  CHECK(coat_fractions(CoatSchedule::literal, 3, 0.7) == std::vector<double>{0.7, 0.9212, 0.9685});
  const std::vector<double> uniform = coat_fractions(CoatSchedule::uniform, 3, 0.7);
  CHECK(uniform[0] == 0.7);
  CHECK(uniform[1] == Approx(0.8));
  CHECK(uniform[2] == Approx(0.9));
  // The published coats, and the same nesting d * [1, .2627, .1050] at another density.
  const std::vector<double> linear = coat_fractions(CoatSchedule::linear, 3, 0.7);
  CHECK(linear[1] == Approx(0.9212));
  CHECK(linear[2] == Approx(0.9685));
  CHECK(coat_fractions(CoatSchedule::linear, 3, 0.95)[1] == Approx(1 - 0.05 * 0.2627).epsilon(1e-4));
  CHECK(coat_fractions(CoatSchedule::linear, 3, 0.95)[2] == Approx(1 - 0.05 * 0.1050).epsilon(1e-4));
  for (const CoatSchedule kind : {CoatSchedule::uniform, CoatSchedule::linear, CoatSchedule::adaptive}) {
    const std::vector<double> seven = coat_fractions(kind, 7, 0.3);
    CHECK(seven.front() == 0.3);
    for (std::size_t n = 1; n < 7; ++n) CHECK(seven[n] > seven[n - 1]);
    CHECK(seven.back() < 1);
  }
}

TEST_CASE("mask config: refusals name the key and the remedy", "[algo][message]") {
  CHECK_THAT(
      message(R"({"method": "magic"})"),
      Contains(
          "train.json: supermask: 'method' is \"magic\", must be one of dense, supermask, signed_threshold"));
  CHECK_THAT(message(R"({"method": "dense", "coats": 3})"), Contains("unknown key 'coats'"));
  CHECK_THAT(message(R"({"method": "signed_threshold", "pruned": [0.5]})"), Contains("unknown key 'pruned'"));
  CHECK_THAT(message(R"({"method": "signed_threshold", "signs": "random"})"), Contains("always learns them"));
  CHECK_THAT(message(R"({"threshold": 0.1})"), Contains("unknown key 'threshold'"));
  CHECK_THAT(message(R"({"coats": 8})"), Contains("'coats' is 8, must be 1 to 7"));
  CHECK_THAT(message(R"({"coats": 2})"),
             Contains("'pruned' has 3 fractions for 2 coats; give one per coat, or a"));
  CHECK_THAT(message(R"({"pruned": []})"), Contains("'pruned' has 0 fractions, must be 1 to 7"));
  CHECK_THAT(message(R"({"pruned": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]})"), Contains("has 8 fractions"));
  CHECK_THAT(message(R"({"pruned": [0.7, 0.6, 0.9]})"),
             Contains("'pruned' holds 0.6, fractions must ascend"));
  CHECK_THAT(message(R"({"pruned": [1.0]})"), Contains("'pruned' holds 1, fractions must ascend"));
  CHECK_THAT(message(R"({"pruned": ["x"]})"), Contains("'pruned'"));
  CHECK_THAT(message(R"({"pruned": [0.7], "schedule": {"kind": "uniform", "first": 0.7}})"),
             Contains("both 'pruned' and 'schedule'"));
  CHECK_THAT(message(R"({"schedule": {"first": 0.7}})"), Contains("schedule: key 'kind' is missing"));
  CHECK_THAT(message(R"({"schedule": {"kind": "uniform"}})"), Contains("key 'first' is missing"));
  CHECK_THAT(message(R"({"schedule": {"kind": "list", "first": 0.7}})"),
             Contains("must be one of literal, uniform"));
  CHECK_THAT(message(R"({"coats": 7, "schedule": {"kind": "literal"}})"),
             Contains("literal schedule has 3 coats"));
  CHECK_THAT(message(R"({"scope": "global", "distribution": "erk"})"), Contains("leave it out"));
  CHECK_THAT(message(R"({"signs": "learned", "init": "kaiming_normal"})"),
             Contains("leave no random weights"));
  CHECK_THAT(message(R"({"scaled": true, "dynamic_scaled": true})"), Contains("both true; choose one"));
  CHECK_THAT(message(R"({"scores": "zero"})"), Contains("must be one of kaiming_uniform"));
  CHECK_THAT(message(R"({"sparsity_warmup": {"start": 0.5}})"),
             Contains("sparsity_warmup: key 'epochs' is missing"));
  CHECK_THAT(message(R"({"sparsity_warmup": {"epochs": 0}})"), Contains("sparsity_warmup: 'epochs' is 0"));
  CHECK_THAT(message(R"({"sparsity_warmup": {"epochs": 2, "start": 0.7}})"),
             Contains("sparsity_warmup: 'start' is 0.7, must be below the first coat's pruned fraction 0.7"));
  CHECK_THAT(message(R"({"sparsity_warmup": {"epochs": 2, "from": 0.5}})"), Contains("unknown key 'from'"));
  CHECK_THAT(message(R"({"schedule": {"kind": "adaptive", "first": 0.7}, "sparsity_warmup": {"epochs": 2}})"),
             Contains("choose another 'schedule', or leave the warm-up out"));
  CHECK_THAT(message(R"({"method": "signed_threshold", "sparsity_warmup": {"epochs": 2}})"),
             Contains("unknown key 'sparsity_warmup'"));
  CHECK_THAT(message(R"({"freeze": {"pruned": 0.8}})"),
             Contains("above the first coat's pruned fraction 0.7"));
  CHECK_THAT(message(R"({"freeze": {"locked": 0.2}})"), Contains("above what the last coat keeps"));
  CHECK_THAT(message(R"({"freeze": {"pruned": 0.1, "balanced": 0.2}})"), Contains("leave them out"));
  CHECK(message(R"({"coats": 1, "pruned": [0.9], "freeze": {"locked": 0.1}})").empty());
  CHECK_THAT(message(R"({"method": "signed_threshold", "freeze": {"pruned": 0.6, "locked": 0.6}})"),
             Contains("add up to 1.2"));
  CHECK_THAT(message(R"({"method": "signed_threshold", "freeze": {"balanced": 0.5}})"),
             Contains("needs the densities"));
  CHECK_THAT(message(R"({"freeze": {"prunned": 0.1}})"), Contains("unknown key 'prunned'"));
}
