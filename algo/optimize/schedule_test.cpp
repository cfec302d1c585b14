// SPDX-License-Identifier: Apache-2.0
#include "algo/optimize/schedule.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.hpp"

using namespace wd::algo;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

RateSchedule parse(const char* text) {
  return rate_schedule_from_json(json::parse(text), "train.json: schedule");
}

std::string message(const char* text) {
  try {
    parse(text);
  } catch (const wd::Error& error) {
    return error.what();
  }
  return "";
}

const double pi = std::acos(-1.0);

}  // namespace

TEST_CASE("schedule: per epoch, as the references set it before the epoch", "[algo][oracle]") {
  // 0.256, five epochs of warm-up, cosine over the other 95; 7 steps per epoch.
  const RateSchedule schedule =
      parse(R"({"kind": "cosine", "rate": 0.256, "warmup_epochs": 5, "per_epoch": true})");
  for (std::size_t epoch = 0; epoch < 100; ++epoch) {
    const double e = static_cast<double>(epoch);
    const double expected = epoch < 5 ? 0.256 * (e + 1) / 5 : 0.5 * (1 + std::cos(pi * (e - 5) / 95)) * 0.256;
    for (const std::size_t step : {0u, 3u, 6u})
      REQUIRE(learning_rate(schedule, 100, 7, epoch * 7 + step) == Approx(expected));
  }
}

TEST_CASE("schedule: per step", "[algo][oracle]") {
  const RateSchedule schedule = parse(R"({"kind": "cosine", "rate": 0.1, "warmup_epochs": 0.5})");
  // 4 epochs of 10 steps: 5 steps of warm-up, then 35 of cosine.
  for (std::size_t step = 0; step < 40; ++step) {
    const double at = static_cast<double>(step);
    const double expected = step < 5 ? 0.1 * (at + 1) / 5 : 0.05 * (1 + std::cos(pi * (at - 5) / 35));
    CHECK(learning_rate(schedule, 4, 10, step) == Approx(expected).margin(1e-15));
  }
  CHECK(learning_rate(parse(R"({"kind": "constant", "rate": 0.3})"), 4, 10, 39) == 0.3);
  CHECK(learning_rate(parse(R"({"kind": "cosine", "rate": 0.3})"), 4, 10, 0) == Approx(0.3));
  CHECK(learning_rate(parse(R"({"kind": "cosine", "rate": 0.3})"), 4, 10, 20) == Approx(0.15));
}

TEST_CASE("schedule: milestones and exponential decay", "[algo][oracle]") {
  const RateSchedule step =
      parse(R"({"kind": "step", "rate": 0.1, "milestones": [50, 75], "factor": 0.1, "per_epoch": true})");
  CHECK(learning_rate(step, 100, 3, 49 * 3 + 2) == Approx(0.1));
  CHECK(learning_rate(step, 100, 3, 50 * 3) == Approx(0.01));
  CHECK(learning_rate(step, 100, 3, 74 * 3 + 2) == Approx(0.01));
  CHECK(learning_rate(step, 100, 3, 75 * 3) == Approx(0.001));
  const RateSchedule exponential =
      parse(R"({"kind": "exponential", "rate": 0.005, "factor": 0.9, "every": 10})");
  CHECK(learning_rate(exponential, 100, 3, 9 * 3 + 2) == Approx(0.005));
  CHECK(learning_rate(exponential, 100, 3, 10 * 3) == Approx(0.0045));
  CHECK(learning_rate(exponential, 100, 3, 99 * 3) == Approx(0.005 * std::pow(0.9, 9)));
}

TEST_CASE("schedule: round trip and refusals", "[algo][round trip][message]") {
  for (const char* text : {R"({})", R"({"kind": "constant", "rate": 0.01})",
                           R"({"kind": "step", "milestones": [1.5, 3], "factor": 0.5, "warmup_epochs": 1})",
                           R"({"kind": "exponential", "factor": 0.9, "every": 2, "per_epoch": true})"}) {
    const RateSchedule schedule = parse(text);
    CHECK(rate_schedule_from_json(to_json(schedule), "again") == schedule);
  }
  CHECK_THAT(
      message(R"({"kind": "linear"})"),
      Contains(
          "train.json: schedule: 'kind' is \"linear\", must be one of constant, cosine, step, exponential"));
  CHECK_THAT(message(R"({"rate": 0})"), Contains("'rate' is 0, must be"));
  CHECK_THAT(message(R"({"kind": "step"})"), Contains("key 'milestones' is missing"));
  CHECK_THAT(message(R"({"kind": "step", "milestones": [75, 50]})"),
             Contains("'milestones' holds 50, epochs must ascend"));
  CHECK_THAT(message(R"({"kind": "cosine", "factor": 0.5})"), Contains("unknown key 'factor'"));
}
