// SPDX-License-Identifier: Apache-2.0
#include "algo/train/trainer.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>

#include "algo/data/synthetic_images.hpp"
#include "base/error.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;

namespace {

TrainConfig tiny_config() {
  TrainConfig config;
  config.name = "tiny";
  config.stem.channels = 16;
  config.stages = {{16, 2, 2}, {32, 2, 1}};
  config.batch = 32;
  config.epochs = 4;
  config.fp8_epochs = 2;
  config.augmentation = {true, 1};
  return config;
}

const ImageSet& train_images() {
  static const ImageSet images = synthetic_images(320, 1);
  return images;
}

const ImageSet& test_images() {
  static const ImageSet images = synthetic_images(100, 2);
  return images;
}

TrainResult train_tiny(TrainOptions options) {
  return train(tiny_config(), train_images(), test_images(), options);
}

void check_same(const TrainResult& a, const TrainResult& b) {
  CHECK(a.accuracy_fp32 == b.accuracy_fp32);
  CHECK(a.accuracy_fp8 == b.accuracy_fp8);
  REQUIRE(a.history.size() == b.history.size());
  for (std::size_t e = 0; e < a.history.size(); ++e) {
    CHECK(a.history[e].loss == b.history[e].loss);
    CHECK(a.history[e].train_accuracy == b.history[e].train_accuracy);
    CHECK(a.history[e].test_accuracy == b.history[e].test_accuracy);
  }
  REQUIRE(a.network.weights.size() == b.network.weights.size());
  for (std::size_t w = 0; w < a.network.weights.size(); ++w)
    CHECK(a.network.weights[w].levels == b.network.weights[w].levels);
  CHECK(model::flatten_norms(a.network) == model::flatten_norms(b.network));
  for (std::size_t t = 0; t < a.network.tensors.size(); ++t)
    CHECK(a.network.tensors[t].scale_exp == b.network.tensors[t].scale_exp);
}

struct TemporaryFile {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("wd_trainer_test_" + std::to_string(::getpid()) + ".wdc");
  ~TemporaryFile() { std::filesystem::remove(path); }
};

}  // namespace

TEST_CASE("trainer: learns, and gives the same bits at 1, 2 and 8 threads", "[algo]") {
  const TrainResult one = train_tiny({.threads = 1});
  REQUIRE(one.finished);
  CHECK(one.history.size() == 4);
  CHECK(one.history[1].phase == TrainPhase::fp32);
  CHECK(one.history[2].phase == TrainPhase::fp8);
  CHECK(one.accuracy_fp8 > 0.5);
  CHECK(std::abs(one.accuracy_fp8 - one.accuracy_fp32) < 0.1);
  check_same(one, train_tiny({.threads = 2}));
  check_same(one, train_tiny({.threads = 8}));
}

TEST_CASE("trainer: a stopped and resumed run ends in the same bits", "[algo]") {
  const TrainResult whole = train_tiny({.threads = 2});
  for (std::size_t stop_at : {std::size_t{3}, std::size_t{20}, std::size_t{27}}) {
    const TemporaryFile file;
    std::atomic<bool> stop{false};
    TrainOptions options{.threads = 2, .checkpoint = file.path, .stop = &stop};
    options.progress = [&](const TrainProgress& p) { stop = p.step >= stop_at; };
    const TrainResult first = train_tiny(options);
    CHECK_FALSE(first.finished);
    CHECK(first.history.size() == stop_at / 10);
    check_same(whole, train_tiny({.threads = 1, .checkpoint = file.path, .resume = true}));
  }
}

TEST_CASE("trainer: checkpoints of other runs, and none, are refused", "[algo][bad-input]") {
  const TemporaryFile file;
  std::atomic<bool> stop{true};
  TrainOptions options{.threads = 1, .checkpoint = file.path, .stop = &stop};
  train_tiny(options);
  TrainConfig other = tiny_config();
  other.stages[1].channels = 48;
  options.resume = true;
  CHECK_THROWS_WITH(
      train(other, train_images(), test_images(), options),
      Contains("was made with another configuration: 'stages/1/channels' is 32 there and 48 now"));
  CHECK_THROWS_WITH(train(tiny_config(), test_images(), test_images(), options),
                    Contains("was made with 320 training images, there are 100 now"));
  options.checkpoint = "/nonexistent/a.wdc";
  CHECK_THROWS_WITH(train_tiny(options), Contains("/nonexistent/a.wdc"));
  options.checkpoint.clear();
  CHECK_THROWS_WITH(train_tiny(options), Contains("resuming needs the path of a checkpoint"));
}

TEST_CASE("trainer: unusable data and divergence name the remedy", "[algo][bad-input]") {
  TrainConfig config = tiny_config();
  config.batch = 512;
  CHECK_THROWS_WITH(train(config, train_images(), test_images(), {.threads = 1}),
                    Contains("'batch' is 512, there are only 320 training images"));
  config = tiny_config();
  config.stem.patch = 5;
  CHECK_THROWS_WITH(train(config, train_images(), test_images(), {.threads = 1}),
                    Contains("'patch' is 5, must divide the images' 28x28"));
  config = tiny_config();
  config.lr = 100;
  config.momentum = 0.999;
  config.weight_decay = 1;
  config.epochs = 400;
  CHECK_THROWS_WITH(train(config, train_images(), test_images(), {.threads = 1}),
                    Contains("training diverged at step") && Contains("lower 'lr' (100)"));
}
