// SPDX-License-Identifier: Apache-2.0
// What a training refuses: checkpoints, data and losses that it cannot go on with.
#include <catch2/catch.hpp>
#include <cmath>

#include "algo/executor/executor.hpp"
#include "algo/kernels/matmul.hpp"
#include "algo/train/checkpoint.hpp"
#include "algo/train/tiny_training.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;
using nlohmann::json;

TEST_CASE("trainer: checkpoints of other runs, and none, are refused", "[algo][bad-input]") {
  const TemporaryFile file;
  const TrainConfig config = tiny_config();
  stopped_after(13, config, file.path);
  TrainOptions options{.threads = 1, .checkpoint = file.path, .resume = true};
  TrainConfig other = config;
  other.network.stages[1].channels = 48;
  CHECK_THAT(
      message(other, options),
      Contains("was made with another configuration: 'network/stages/1/channels' is 32 there and 48 now; "
               "use that configuration or start afresh"));
  CHECK(summarize_checkpoint(open_checkpoint(file.path), other).difference ==
        "'network/stages/1/channels' is 32 there and 48 now");
  CHECK_FALSE(summarize_checkpoint(open_checkpoint(file.path), config).finished);
  CHECK_THROWS_WITH(train(config, test_images(), test_images(), options),
                    Contains("was made with other training images; use the same data set or start afresh"));
  ImageSet edited = train_images();
  edited.pixels[784 * 100] ^= 1;
  CHECK_THROWS_WITH(train(config, edited, test_images(), options),
                    Contains("was made with other training images"));
  edited = test_images();
  edited.labels[3] = static_cast<std::uint16_t>((edited.labels[3] + 1) % 10);
  CHECK_THROWS_WITH(train(config, train_images(), edited, options),
                    Contains("was made with other test images; use the same data set or start afresh"));
  options.checkpoint = "/nonexistent/a.wdc";
  CHECK_THAT(message(config, options), Contains("/nonexistent/a.wdc"));
  options.checkpoint.clear();
  CHECK_THAT(message(config, options), Contains("tiny: resuming needs the path of a checkpoint"));
}

TEST_CASE("trainer: a run goes on with the kernels and the version that it began with", "[algo][bad-input]") {
  const TemporaryFile file;
  const TrainConfig config = tiny_config();
  const auto with_state = [&](std::size_t steps, const json& changes, const char* without = "") {
    stopped_after(steps, config, file.path);
    Container container = Container::read(file.path, checkpoint_kind);
    json state = container.get_json("state");
    state.update(changes);
    state.erase(without);
    container.set_json("state", state);
    container.write(file.path);
    return message(config, {.threads = 1, .checkpoint = file.path, .resume = true});
  };
  const InstructionSet here = matmul<BFloat16>().set;
  const json there = {{"kernels", "PDP-11"}}, later = {{"training_version", training_version + 1}};
  CHECK_THAT(
      with_state(13, there),
      Contains(text(": was made with the kernels for PDP-11, here are those for ", name_of(here),
                    ", whose sums end in other bits; continue on a machine with PDP-11, or start afresh")));
  CHECK_THAT(
      with_state(13, later),
      Contains(text(": was made by version ", training_version + 1, " of training, this program has version ",
                    training_version, "; continue with a program of that version, or start afresh")));
  CHECK(with_state(13, {{"kernels", name_of(here)}}) == "accepted");
  for (const char* key : {"kernels", "training_version", "test_images", "speed"})  // as older programs wrote
    CHECK(with_state(13, json::object(), key) == "accepted");
  // All steps are done, on that machine: what is left is to measure.
  CHECK(with_state(40, there) == "accepted");
  CHECK(with_state(40, later) == "accepted");
  TrainConfig other = config;  // FP32 products have other kernels
  other.precision = Precision::fp32;
  stopped_after(3, other, file.path);
  CHECK(Container::read(file.path, checkpoint_kind).get_json("state")["kernels"] ==
        name_of(matmul<float>().set));
}

TEST_CASE("trainer: damaged checkpoints are refused by name", "[algo][bad-input]") {
  const TemporaryFile file;
  const TrainConfig config = tiny_config(validated);
  stopped_after(30, config, file.path);
  const Bytes good = read_file(file.path);
  const TrainOptions options{.threads = 1, .checkpoint = file.path, .resume = true};
  Bytes bad = good;
  bad[bad.size() / 2] ^= 0x10;
  write_file(file.path, bad);
  CHECK_THAT(message(config, options), Contains(file.path.string()) && Contains("checksum"));
  write_file(file.path, std::span(good).first(good.size() - 100));
  CHECK_THAT(message(config, options), Contains(file.path.string()));

  const auto with_state = [&](const char* key, const json& value) {
    Container container = Container::parse(good, checkpoint_kind, "good");
    json state = container.get_json("state");
    state[key] = value;
    container.set_json("state", state);
    container.write(file.path);
    return message(config, options);
  };
  CHECK_THAT(with_state("step", 1000), Contains("'step' is 1000, the run has 48; start afresh"));
  CHECK_THAT(with_state("scale_exps", {1, 2}),
             Contains("'scale_exps' has 2 values for") && Contains("start afresh"));
  CHECK_THAT(with_state("masks", {{"adapted", false}, {"pruned", {0.7}}}),
             Contains("'pruned' has 1 fractions"));
  CHECK_THAT(with_state("epoch_right", -1), Contains("'epoch_right' is -1"));
  CHECK_THAT(with_state("surprise", 1), Contains("unknown key 'surprise'"));
  stopped_after(30, tiny_config(averaged), file.path);
  Container cut = Container::read(file.path, checkpoint_kind);
  cut.set_array("average.1", std::vector<float>(5));
  cut.write(file.path);
  CHECK_THAT(message(tiny_config(averaged), options),
             Contains("section 'average.1' has 5 values, the network needs"));
  for (const char* section : {"value.0", "first.1", "running.2", "best.0", "best_running.0"}) {
    Container container = Container::parse(good, checkpoint_kind, "good");
    container.set_array(section, std::vector<float>(5));
    container.write(file.path);
    CHECK_THAT(message(config, options),
               Contains(text("section '", section, "' has 5 values, the network needs")));
  }
}

TEST_CASE("trainer: unusable data are refused with the remedy", "[algo][bad-input]") {
  const auto refused = [](const TrainConfig& config, const ImageSet& train_set, const ImageSet& test_set) {
    try {
      train(config, train_set, test_set, {.threads = 1});
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK_THAT(message(tiny_config(R"({"batch": 512})"), {.threads = 1}),
             Contains("tiny: 'batch' is 512, there are only 320 training images; lower 'batch'"));
  CHECK_THAT(message(tiny_config(R"({"batch": 300, "validation": 0.1})"), {.threads = 1}),
             Contains("there are only 287 training images"));
  TrainConfig config = tiny_config();
  config.network.patch = 5;
  CHECK_THAT(message(config, {.threads = 1}), Contains("'patch' is 5, must divide the images' 28x28"));
  ImageSet none = test_images();
  none.labels.clear();
  none.pixels.clear();
  CHECK_THAT(refused(tiny_config(), train_images(), none), Contains("tiny: there are no test images"));
  ImageSet wide = test_images();
  std::swap(wide.height = 14, wide.width = 56);
  CHECK_THAT(
      refused(tiny_config(), train_images(), wide),
      Contains("training images are 28x28x1, test images 56x14x1; both must come from the same data set"));
  for (const char* changes : {"{}", R"({"validation": 0.2})"}) {
    ImageSet wrong = train_images();
    wrong.labels[17] = 10;
    CHECK_THAT(refused(tiny_config(changes), wrong, test_images()),
               Contains("tiny: training image 17 has label 10, the data set has 10 classes (0 to 9)"));
  }
  ImageSet wrong = test_images();
  wrong.labels[99] = 65535;
  CHECK_THAT(refused(tiny_config(), train_images(), wrong), Contains("tiny: test image 99 has label 65535"));
}

TEST_CASE("trainer: divergence names step, layer and remedy", "[algo][bad-input]") {
  CHECK_THAT(
      message(
          tiny_config(R"({"epochs": 200, "optimizer": {"kind": "sgd", "momentum": 0.999, "weight_decay": 1},
                                    "schedule": {"kind": "constant", "rate": 100}})"),
          {.threads = 1}),
      Contains("tiny: training diverged at step ") && Contains("layer '") &&
          Contains("lower schedule's 'rate' (100) or raise its 'warmup_epochs' (0)"));
  // An infinite gain: the layer that reads its result is the first without finite statistics.
  TrainOptions options{.threads = 1};
  options.start = [](Executor& executor) { executor.norms()[2].gamma.value[3] = HUGE_VALF; };
  const TrainConfig config = tiny_config();
  CHECK_THAT(message(config, options),
             Contains("training diverged at step 1, layer 'stage1.block2.conv1'") && Contains("nan"));
}
