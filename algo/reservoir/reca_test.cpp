// SPDX-License-Identifier: Apache-2.0
#include "algo/reservoir/reca.hpp"

#include <catch2/catch.hpp>

#include "algo/data/synthetic_images.hpp"
#include "base/error.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;
using nlohmann::json;

namespace {

RecaConfig tiny() {
  RecaConfig config;
  config.reservoir.steps = 2;
  config.reservoir.encoding = {PixelCode::threshold, 1, 128};
  config.forest.trees = 12;
  config.linear = {.epochs = 4, .batch = 32, .lr = 30};
  return config;
}

}  // namespace

TEST_CASE("reca: measures with and without the reservoir, the same for any number of threads", "[algo]") {
  const ImageSet train = synthetic_images(600, 1), test = synthetic_images(200, 2);
  ThreadPool one(1), four(4);
  double last = 0;
  bool ascending = true;
  RecaOptions options;
  options.progress = [&](double done, const std::string&) {
    ascending &= done >= last && done <= 1;
    last = done;
  };
  const RecaResult result = run_reca(tiny(), 3, train, test, one, options);
  REQUIRE(result.finished);
  CHECK(ascending);
  CHECK(last > 0.99);
  const RecaResult again = run_reca(tiny(), 3, train, test, four);
  CHECK(result.report == again.report);
  CHECK(result.forest == again.forest);
  CHECK_FALSE(result.report == run_reca(tiny(), 4, train, test, one).report);

  const json& with = result.report.at("reservoir");
  const json& without = result.report.at("no_reservoir");
  CHECK(with.at("steps") == 2);
  CHECK(with.at("features") == 784 * 5);
  CHECK(without.at("steps") == 0);
  CHECK(without.at("features") == 784);
  for (const json* each : {&with, &without}) {
    CHECK(each->at("forest").at("accuracy") > 0.8);
    CHECK(each->at("linear").at("accuracy") > 0.8);
    CHECK(each->at("forest").at("trees") == 12);
    CHECK(each->at("lazy").at("images_equal_to_full") == 200);
    CHECK(each->at("lazy").at("cells_computed") <= each->at("full").at("cells_computed"));
    CHECK(8 * each->at("forest").at("file_bytes").get<int>() >
          each->at("forest").at("packed_bits").get<int>());
  }
  CHECK(without.at("full").at("cells_computed") == 0);
  const json& same_draws = result.report.at("no_reservoir_same_draws");
  CHECK(without.at("forest").at("draws_per_node") == 28);  // floor of the root of 784
  CHECK(with.at("forest").at("draws_per_node") == 62);     // and of 3920
  CHECK(same_draws.at("forest").at("draws_per_node") == 62);
  CHECK(same_draws.at("features") == 784);
  CHECK(result.report.at("measured_on") == "test");
}

TEST_CASE("reca: validation images come from the training set", "[algo]") {
  const ImageSet train = synthetic_images(400, 1), test = synthetic_images(100, 2);
  ThreadPool pool(2);
  RecaConfig config = tiny();
  config.validation_fraction = 0.25;
  config.linear.epochs = 0;
  config.train_images = 50;
  const json report = run_reca(config, 1, train, test, pool).report;
  CHECK(report.at("measured_on") == "validation");
  CHECK(report.at("train_images") == 50);
  CHECK(std::abs(report.at("measured_images").get<int>() - 100) < 6);
  CHECK(report.at("reservoir").at("linear").is_null());
}

TEST_CASE("reca: a stop ends the run without a result", "[algo]") {
  const ImageSet train = synthetic_images(200, 1), test = synthetic_images(50, 2);
  ThreadPool pool(1);
  const double when = GENERATE(0.0, 0.1, 0.24, 0.5, 0.95);
  std::atomic<bool> stop{false};
  RecaOptions options{&stop, [&](double done, const std::string&) { stop = stop || done >= when; }};
  CHECK_FALSE(run_reca(tiny(), 1, train, test, pool, options).finished);
}

TEST_CASE("reca: images that do not fit are refused", "[algo][bad-input][message]") {
  const ImageSet train = synthetic_images(100, 1), test = synthetic_images(50, 2);
  ThreadPool pool(1);
  RecaConfig config = tiny();
  config.train_images = 101;
  CHECK_THROWS_WITH(run_reca(config, 1, train, test, pool), Contains("'train_images' is 101, there are 100"));
  config = tiny();
  config.test_images = 51;
  CHECK_THROWS_WITH(run_reca(config, 1, train, test, pool), Contains("'test_images' is 51, there are 50"));
  ImageSet colour = test;
  colour.channels = 3;
  CHECK_THROWS_WITH(run_reca(tiny(), 1, train, colour, pool), Contains("3 channels") && Contains("grey"));
  ImageSet small = test;
  small.height = 14;
  CHECK_THROWS_WITH(run_reca(tiny(), 1, train, small, pool), Contains("test images 14 x 28 in 10"));
  CHECK_THROWS_WITH(run_reca(tiny(), 1, train, ImageSet{28, 28}, pool), Contains("100 training and 0 test"));
  config = tiny();
  config.reservoir.steps = 64;
  config.reservoir.encoding = {PixelCode::thermometer, 32};
  config.reservoir.automata.resize(8);
  ImageSet many{28, 28, {}, std::vector<std::uint16_t>(60000, 1)};
  many.pixels.resize(60000 * 784);
  config.forest.trees = 1;
  config.linear.epochs = 0;
  config.forest.max_depth = 1;
  CHECK_THROWS_WITH(run_reca(config, 1, many, test, pool), Contains("use fewer planes"));
}

TEST_CASE("reca: the summary has mean, deviation and gain over seeds", "[algo][oracle]") {
  const auto report = [](double with, double without) {
    const auto side = [](double accuracy) {
      return json{{"forest", {{"accuracy", accuracy}}}, {"linear", nullptr}};
    };
    return json{{"reservoir", side(with)},
                {"no_reservoir", side(without)},
                {"no_reservoir_same_draws", side(without + 0.125)}};
  };
  const json summary = summarize_reca(tiny(), {report(0.5, 0.25), report(0.75, 0.25), report(1.0, 0.5)});
  const json& forest = summary["forest"];
  CHECK(forest["reservoir"]["accuracy"]["mean"] == 0.75);
  CHECK(forest["reservoir"]["accuracy"]["deviation"] == 0.25);
  CHECK(forest["no_reservoir"]["accuracy"]["mean"].get<double>() == Approx(1.0 / 3));
  const json &gain = forest["no_reservoir"]["gain_of_reservoir"],
             &same_draws = forest["no_reservoir_same_draws"]["gain_of_reservoir"];
  CHECK(gain["mean"].get<double>() == Approx((0.25 + 0.5 + 0.5) / 3));
  CHECK(same_draws["mean"].get<double>() == Approx((0.125 + 0.375 + 0.375) / 3));
  CHECK(summary["linear"].is_null());
  CHECK(summary["seeds"].size() == 3);
  const json alone = summarize_reca(tiny(), {report(0.5, 0.25)})["forest"]["reservoir"]["accuracy"];
  CHECK(alone["mean"] == 0.5);
  CHECK(alone["deviation"].is_null());
}
