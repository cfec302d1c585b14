// SPDX-License-Identifier: Apache-2.0
// Every example configuration trains a step on images of its
// data set's shape, and is measured as its network can be.
#include <catch2/catch.hpp>

#include "algo/data/counter_random.hpp"
#include "algo/data/dataset.hpp"
#include "algo/train/trainer.hpp"

using namespace wd;
using namespace wd::algo;

namespace {

ImageSet random_images(const DatasetInfo& info, std::size_t count) {
  ImageSet set;
  set.height = info.height;
  set.width = info.width;
  set.channels = info.channels;
  set.classes = info.classes;
  set.labels.resize(count);
  set.pixels.resize(count * set.image_bytes());
  for (std::size_t i = 0; i < count; ++i)
    set.labels[i] = static_cast<std::uint16_t>(i % static_cast<std::size_t>(info.classes));
  for (std::size_t i = 0; i < set.pixels.size(); ++i)
    set.pixels[i] = static_cast<std::uint8_t>(random_bits(1, RandomStream::augmentation, i));
  return set;
}

std::vector<std::filesystem::path> example_files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(WD_CONFIG_FOLDER))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

/// Networks whose one step takes longer than this test should.
bool large(const TrainConfig& config) {
  return config.name.find("resnet18") != std::string::npos ||
         config.name.find("resnet50") != std::string::npos;
}

}  // namespace

TEST_CASE("examples: every configuration trains and is measured", "[algo]") {
  std::size_t chip = 0, bit_exact = 0;
  for (const std::filesystem::path& file : example_files()) {
    INFO(file);
    TrainConfig config = load_config(file);
    CHECK(config.name == file.stem());
    if (large(config)) continue;
    config.batch = 4;
    config.epochs = config.quantization.fp8_epochs > 0 ? 2 : 1;
    config.adapt_epochs = 1;
    config.schedule.warmup_epochs = 0;
    if (config.supermask.schedule == CoatSchedule::adaptive) config.epochs = 3;
    if (config.quantization.fp8_epochs > 0) config.quantization.fp8_epochs = 1;
    const DatasetInfo& info = dataset_info(config.dataset);
    const ImageSet images = random_images(info, 24);
    const TrainResult result = train(config, images, images, {.threads = 2});
    REQUIRE(result.finished);
    CHECK(result.history.size() == static_cast<std::size_t>(config.epochs));
    CHECK(result.accuracy_hw.has_value() == result.no_hardware.empty());
    CHECK(result.network.has_value() == result.no_network.empty());
    chip += result.network.has_value();
    bit_exact += result.accuracy_hw.has_value();
  }
  CHECK(chip >= 16);  // all but dense ones and those in other formats
  CHECK(bit_exact >= chip);
}
