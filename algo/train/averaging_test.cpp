// SPDX-License-Identifier: Apache-2.0
// Averages against sums written out.
#include "algo/train/averaging.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "algo/data/counter_random.hpp"
#include "base/error.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;
using nlohmann::json;

TEST_CASE("averaging: the weighted mean of all steps, at any thread count", "[algo][oracle]") {
  const double decay = GENERATE(1.0, 0.9, 0.0);  // 1: the plain mean
  const AveragingConfig config = decay == 1 ? AveragingConfig{AveragingKind::mean, 3, 0}
                                            : AveragingConfig{AveragingKind::exponential, 0, decay};
  constexpr std::size_t size = 40000, steps = 25;
  std::vector<Average> averages;
  for (const unsigned threads : {1u, 2u, 8u}) {
    ThreadPool pool(threads);
    Parameter large("large", size), small("small", 3);
    std::vector<double> sums(size + 3);
    double weights = 0;
    Average average;
    for (std::size_t step = 0; step < steps; ++step) {
      const double weight = std::pow(decay, steps - 1 - step);
      weights += weight;
      for (std::size_t at = 0; at < size + 3; ++at) {
        float& value = at < size ? large.value[at] : small.value[at - size];
        value = static_cast<float>(1 + random_normal(step, RandomStream::scores, at));
        sums[at] += weight * static_cast<double>(value);
      }
      add_step(pool, config, {&large, &small}, average);
    }
    CHECK(average.steps == steps);
    double worst = 0;
    for (std::size_t at = 0; at < size + 3; ++at) {
      const float value = at < size ? average.values[0][at] : average.values[1][at - size];
      worst = std::max(worst, std::abs(static_cast<double>(value) - sums[at] / weights));
    }
    CHECK(worst < 1e-6);
    averages.push_back(std::move(average));
    CHECK(averages.back().values == averages.front().values);
  }
}

TEST_CASE("averaging: which epochs have a part", "[algo]") {
  const AveragingConfig mean{AveragingKind::mean, 2, 0}, all{AveragingKind::exponential, 0, 0.9};
  for (int epoch = 0; epoch < 5; ++epoch) {
    CHECK(mean.counts(epoch, 5) == (epoch >= 3));
    CHECK(all.counts(epoch, 5));
    CHECK_FALSE(AveragingConfig{}.counts(epoch, 5));
  }
}

TEST_CASE("averaging: bad values are refused by key", "[algo][bad-input]") {
  const auto refused = [](const char* text) {
    return averaging_from_json(json::parse(text), "c.json: averaging");
  };
  CHECK_THROWS_WITH(refused(R"({})"), Contains("c.json: averaging: key 'kind' is missing"));
  CHECK_THROWS_WITH(refused(R"({"kind": "median"})"),
                    Contains("'kind' is \"median\", must be one of mean, exponential"));
  CHECK_THROWS_WITH(refused(R"({"kind": "mean"})"), Contains("key 'epochs' is missing"));
  CHECK_THROWS_WITH(refused(R"({"kind": "mean", "epochs": 0})"), Contains("'epochs' is 0, must be 1 to"));
  CHECK_THROWS_WITH(refused(R"({"kind": "mean", "epochs": 2, "decay": 0.9})"),
                    Contains("unknown key 'decay'"));
  CHECK_THROWS_WITH(refused(R"({"kind": "exponential", "decay": 1})"),
                    Contains("'decay' is 1, must be 0 to"));
}
